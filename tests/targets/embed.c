/* A program that is not Python, with a Python in it: runs the file named by its argument. */
#include <Python.h>

int main(int count, char **words) {
    FILE *program = count > 1 ? fopen(words[1], "r") : NULL;
    if (program == NULL) {
        return 1;
    }
    Py_Initialize();
    return PyRun_SimpleFile(program, words[1]);
}

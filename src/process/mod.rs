//! stand-in
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pid(i32);
impl Pid {
    pub const fn new(pid: i32) -> Self {
        Self(pid)
    }
    pub const fn get(self) -> i32 {
        self.0
    }
}
impl From<Pid> for nix::unistd::Pid {
    fn from(p: Pid) -> Self {
        nix::unistd::Pid::from_raw(p.0)
    }
}
impl std::fmt::Display for Pid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
pub mod priority {
    pub fn yield_to_others() {}
}

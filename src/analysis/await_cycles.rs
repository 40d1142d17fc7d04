//! Circles in a graph of who waits for whom: strongly connected components, by Tarjan's algorithm without recursion.

use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::hash::Hash;

/// Circles beyond this are not reported.
const MOST_CYCLES: usize = 1000;

/// Nodes that all reach each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle<N> {
    /// A shortest way from the first node back to itself: each waits for the next, the last one for the first.
    pub path: Vec<N>,
    /// The others that are entangled with it.
    pub others: Vec<N>,
}

impl<N: Copy> Cycle<N> {
    /// All nodes, those of the path first.
    pub fn members(&self) -> impl Iterator<Item = N> + '_ {
        self.path.iter().chain(&self.others).copied()
    }
}

/// Finds the circles of a graph: `edges` are (waiting, waited for). A node that waits for itself is a circle, too. The path begins at the
/// smallest node, so that the same circle is told the same way twice.
#[must_use]
pub fn cycles<N: Copy + Eq + Hash + Ord>(edges: &[(N, N)]) -> Vec<Cycle<N>> {
    let mut followers: FxHashMap<N, Vec<N>> = FxHashMap::default();
    for (from, to) in edges {
        followers.entry(*from).or_default().push(*to);
    }
    let mut nodes: Vec<N> = followers.keys().copied().collect();
    nodes.sort_unstable();
    let mut components = components(&nodes, &followers);
    components.retain(|component| match component.as_slice() {
        [node] => followers.get(node).is_some_and(|followers| followers.contains(node)),
        _ => true,
    });
    components.truncate(MOST_CYCLES);
    components.into_iter().filter_map(|component| in_order(component, &followers)).collect()
}

/// Where a node stands in the search.
struct Visit {
    index: usize,
    low: usize,
    on_stack: bool,
}

fn components<N: Copy + Eq + Hash>(nodes: &[N], followers: &FxHashMap<N, Vec<N>>) -> Vec<Vec<N>> {
    let none = Vec::new();
    let of = |node: N| followers.get(&node).unwrap_or(&none);
    let mut visits: FxHashMap<N, Visit> = FxHashMap::default();
    let mut stack: Vec<N> = Vec::new();
    let mut found = Vec::new();
    // Nodes on the way, each with the number of its next follower.
    let mut way: Vec<(N, usize)> = Vec::new();
    for root in nodes {
        if visits.contains_key(root) {
            continue;
        }
        way.push((*root, 0));
        while let Some((node, next)) = way.pop() {
            if next == 0 {
                let index = visits.len();
                visits.insert(node, Visit { index, low: index, on_stack: true });
                stack.push(node);
            }
            if let Some(follower) = of(node).get(next).copied() {
                way.push((node, next + 1));
                match visits.get(&follower) {
                    None => way.push((follower, 0)),
                    Some(met) if met.on_stack => {
                        let met = met.index;
                        lower(&mut visits, node, met);
                    }
                    Some(_) => {}
                }
                continue;
            }
            let Some(Visit { index, low, .. }) = visits.get(&node) else { continue };
            let (index, low) = (*index, *low);
            if let Some((waiting, _)) = way.last() {
                lower(&mut visits, *waiting, low);
            }
            if index == low {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    if let Some(visit) = visits.get_mut(&member) {
                        visit.on_stack = false;
                    }
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                found.push(component);
            }
        }
    }
    found
}

fn lower<N: Copy + Eq + Hash>(visits: &mut FxHashMap<N, Visit>, node: N, low: usize) {
    if let Some(visit) = visits.get_mut(&node) {
        visit.low = visit.low.min(low);
    }
}

/// Finds a shortest way from the smallest node of a component back to itself.
fn in_order<N: Copy + Eq + Hash + Ord>(mut component: Vec<N>, followers: &FxHashMap<N, Vec<N>>) -> Option<Cycle<N>> {
    component.sort_unstable();
    let first = *component.first()?;
    let members: FxHashSet<N> = component.iter().copied().collect();
    let mut came_from: FxHashMap<N, N> = FxHashMap::default();
    let mut queue = VecDeque::from([first]);
    'search: while let Some(node) = queue.pop_front() {
        for follower in followers.get(&node).into_iter().flatten().filter(|follower| members.contains(follower)) {
            if !came_from.contains_key(follower) {
                came_from.insert(*follower, node);
                if *follower == first {
                    break 'search;
                }
                queue.push_back(*follower);
            }
        }
    }
    let mut path = vec![first];
    let mut at = *came_from.get(&first)?;
    while at != first {
        path.push(at);
        at = *came_from.get(&at)?;
    }
    if let Some(rest) = path.get_mut(1..) {
        rest.reverse();
    }
    let on_path: FxHashSet<N> = path.iter().copied().collect();
    let others = component.into_iter().filter(|node| !on_path.contains(node)).collect();
    Some(Cycle { path, others })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(edges: &[(u32, u32)]) -> Vec<(Vec<u32>, Vec<u32>)> {
        let mut found: Vec<_> = cycles(edges).into_iter().map(|cycle| (cycle.path, cycle.others)).collect();
        found.sort();
        found
    }

    #[test]
    fn who_waits_in_a_line_or_a_tree_is_in_no_circle() {
        assert!(paths(&[]).is_empty());
        assert!(paths(&[(1, 2), (2, 3), (1, 3), (4, 3)]).is_empty());
    }

    #[test]
    fn a_circle_is_told_in_order_from_its_smallest_node() {
        assert_eq!(paths(&[(3, 1), (2, 3), (1, 2), (9, 1), (2, 7)]), [(vec![1, 2, 3], vec![])]);
        assert_eq!(paths(&[(2, 1), (1, 2)]), [(vec![1, 2], vec![])]);
    }

    #[test]
    fn who_waits_for_itself_is_a_circle() {
        assert_eq!(paths(&[(5, 5), (6, 5)]), [(vec![5], vec![])]);
    }

    #[test]
    fn two_circles_apart_are_two_and_two_that_touch_are_one() {
        assert_eq!(paths(&[(1, 2), (2, 1), (2, 3), (3, 4), (4, 3)]), [(vec![1, 2], vec![]), (vec![3, 4], vec![])]);
        assert_eq!(paths(&[(1, 2), (2, 1), (2, 3), (3, 2)]), [(vec![1, 2], vec![3])]);
    }

    #[test]
    fn a_hundred_thousand_in_one_line_and_one_circle_need_no_deep_stack() {
        let line: Vec<(u32, u32)> = (0..100_000).map(|node| (node, node + 1)).collect();
        assert!(paths(&line).is_empty());
        let circle: Vec<(u32, u32)> = (0..100_000).map(|node| (node, (node + 1) % 100_000)).collect();
        let found = paths(&circle);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0.len(), 100_000);
    }
}

//! Where lanes that part at a branch meet again: the immediate post-dominator.
//!
//! The graph has a node for each instruction and one for the end. The algorithm is Lengauer and Tarjan's "A Fast
//! Algorithm for Finding Dominators in a Flowgraph" (1979), the simple version, run backwards, from the end: fast
//! for every graph, as a program that hangs on a file of PTX helps nobody.

use crate::ir::{Instruction, Op};

/// No node.
const NONE: usize = usize::MAX;

/// Fills [`Op::Bra`]'s `join` of each conditional branch.
pub(crate) fn fill_joins(code: &mut [Instruction]) {
    let next = successors(code);
    let post_dominator = post_dominators(&next);
    let end = code.len();
    for (at, instruction) in code.iter_mut().enumerate() {
        let conditional = instruction.guard.is_some();
        if let Op::Bra { join, .. } = &mut instruction.op {
            let meeting = post_dominator[at];
            *join = (conditional && meeting != NONE && meeting != end).then_some(meeting as u32);
        }
    }
}

/// The one or two nodes that may follow each instruction; `NONE` where there is none. A guarded `ret` goes on to the
/// next instruction: the lanes that leave are missed by no meeting.
fn successors(code: &[Instruction]) -> Vec<[usize; 2]> {
    let end = code.len();
    let mut next: Vec<[usize; 2]> = Vec::with_capacity(end);
    for (at, instruction) in code.iter().enumerate() {
        next.push(match (instruction.op, instruction.guard) {
            (Op::Bra { target, .. }, None) => [target as usize, NONE],
            (Op::Bra { target, .. }, Some(_)) => [at + 1, target as usize],
            (Op::Ret, None) => [end, NONE],
            _ => [at + 1, NONE],
        });
    }
    leave_endless_loops(&mut next);
    next
}

/// Gives the last instruction of every loop that never ends a way to the end that no lane takes, so that branches
/// inside the loop have a meeting point inside it.
fn leave_endless_loops(next: &mut [[usize; 2]]) {
    let end = next.len();
    let before = predecessors(next);
    let mut ends = vec![false; end + 1];
    let mut open = vec![end];
    let mut unseen = end;
    loop {
        while let Some(node) = open.pop() {
            if !ends[node] {
                ends[node] = true;
                open.extend(before[node].iter().filter(|&&node| !ends[node]));
            }
        }
        while unseen > 0 && ends[unseen - 1] {
            unseen -= 1;
        }
        if unseen == 0 {
            return;
        }
        // The back edge of a loop is an unconditional branch, which has a second place to go to.
        let node = unseen - 1;
        if next[node][1] == NONE {
            next[node][1] = end;
        }
        open.push(node);
    }
}

/// The nodes that each node may follow, the end's last.
fn predecessors(next: &[[usize; 2]]) -> Vec<Vec<usize>> {
    let mut before = vec![Vec::new(); next.len() + 1];
    for (node, targets) in next.iter().enumerate() {
        for &target in targets.iter().filter(|&&target| target != NONE) {
            before[target].push(node);
        }
    }
    before
}

/// Of every node the nearest other one that all its ways to the end pass; of the end, itself.
fn post_dominators(next: &[[usize; 2]]) -> Vec<usize> {
    let Walk { nodes, numbers, parents } = Walk::new(&predecessors(next), next.len());
    let all = || (0..nodes.len()).collect::<Vec<_>>();
    let mut forest = Forest { above: vec![NONE; nodes.len()], least: all(), semi: all() };
    let mut nearest = vec![0; nodes.len()];
    let mut waiting = vec![Vec::new(); nodes.len()];
    for node in (1..nodes.len()).rev() {
        for &target in next[nodes[node]].iter().filter(|&&target| target != NONE) {
            let least = forest.least(numbers[target]);
            forest.semi[node] = forest.semi[node].min(forest.semi[least]);
        }
        let parent = parents[node];
        waiting[forest.semi[node]].push(node);
        forest.above[node] = parent;
        for below in std::mem::take(&mut waiting[parent]) {
            let least = forest.least(below);
            nearest[below] = if forest.semi[least] < parent { least } else { parent };
        }
    }
    for node in 1..nodes.len() {
        if nearest[node] != forest.semi[node] {
            nearest[node] = nearest[nearest[node]];
        }
    }
    numbers.iter().map(|&number| nodes[nearest[number]]).collect()
}

/// A depth-first walk against the edges; all nodes lead to where it begins.
struct Walk {
    /// In the order in which they were first seen, which numbers them.
    nodes: Vec<usize>,
    /// Of each node.
    numbers: Vec<usize>,
    /// By number, the number of the node from which each was seen.
    parents: Vec<usize>,
}

impl Walk {
    fn new(before: &[Vec<usize>], start: usize) -> Self {
        let mut walk = Self { nodes: Vec::new(), numbers: vec![NONE; before.len()], parents: Vec::new() };
        let mut open = vec![(start, start)];
        while let Some((node, parent)) = open.pop() {
            if walk.numbers[node] == NONE {
                walk.numbers[node] = walk.nodes.len();
                walk.nodes.push(node);
                walk.parents.push(walk.numbers[parent]);
                open.extend(before[node].iter().map(|&other| (other, node)));
            }
        }
        walk
    }
}

/// The part of the walk's tree that has been dealt with, from its leaves on, with short cuts.
struct Forest {
    /// Of each node a node above it in its tree; `NONE` of a root.
    above: Vec<usize>,
    /// Of the nodes that a short cut leaves out, and the node itself, the one with the least `semi`.
    least: Vec<usize>,
    /// Of each node its semidominator: the least node that leads to it by greater ones alone.
    semi: Vec<usize>,
}

impl Forest {
    /// Of the nodes from this one up to its tree's root, without that, the one with the least `semi`.
    fn least(&mut self, node: usize) -> usize {
        let (mut path, mut at) = (Vec::new(), node);
        while self.above[at] != NONE && self.above[self.above[at]] != NONE {
            path.push(at);
            at = self.above[at];
        }
        for at in path.into_iter().rev() {
            let above = self.above[at];
            if self.semi[self.least[above]] < self.semi[self.least[at]] {
                self.least[at] = self.least[above];
            }
            self.above[at] = self.above[above];
        }
        self.least[node]
    }
}

#[cfg(test)]
mod tests {
    use super::fill_joins;
    use crate::ir::{Guard, Instruction, Op, Place};
    use proptest::prelude::*;

    const GUARD: Option<Guard> = Some(Guard { reg: 0, negated: false });

    /// Of each conditional branch of a kernel the text of the instruction where its lanes meet again.
    fn meetings(body: &str) -> Vec<String> {
        let source = format!(".version 6.0 .target sm_50 .address_size 64 .entry k {{ .reg .pred %p; {body} }}");
        let kernel = crate::parse(&source).unwrap().kernels[0].clone();
        let met = |instruction: &Instruction| match instruction.op {
            Op::Bra { join, .. } if instruction.guard.is_some() => {
                Some(join.map_or("nowhere".into(), |join| kernel.text[join as usize].clone()))
            }
            Op::Bra { join, .. } => {
                assert_eq!(join, None);
                None
            }
            _ => None,
        };
        kernel.code.iter().filter_map(met).collect()
    }

    #[test]
    fn the_two_sides_of_an_if_meet_behind_it() {
        assert_eq!(meetings("@%p bra E; membar.gl; E: bar.sync 0;"), ["bar.sync 0"]);
        assert_eq!(meetings("@%p bra T; membar.gl; bra E; T: membar.cta; E: bar.sync 0;"), ["bar.sync 0"]);
        let nested = "@!%p bra B; @%p bra A; membar.gl; A: membar.cta; B: bar.sync 0;";
        assert_eq!(meetings(nested), ["bar.sync 0", "membar.cta"]);
    }

    #[test]
    fn lanes_leave_a_loop_for_what_is_behind_it() {
        assert_eq!(meetings("L: membar.gl; @%p bra L; bar.sync 0;"), ["bar.sync 0"]);
        // A break, and the test at the end.
        assert_eq!(meetings("L: @%p bra E; membar.gl; @%p bra L; E: bar.sync 0;"), ["bar.sync 0", "bar.sync 0"]);
        // An if inside, that goes on with the next round.
        let body = "L: @%p bra N; membar.gl; N: membar.cta; @%p bra L; bar.sync 0;";
        assert_eq!(meetings(body), ["membar.cta", "bar.sync 0"]);
        // A loop in a loop, and a break out of both.
        let body = "O: membar.gl; I: @%p bra E; membar.cta; @%p bra I; @%p bra O; E: bar.sync 0;";
        assert_eq!(meetings(body), ["bar.sync 0"; 3]);
    }

    #[test]
    fn where_the_sides_return_by_themselves_they_meet_nowhere() {
        assert_eq!(meetings("@%p bra T; ret; T: exit;"), ["nowhere"]);
        // Lanes that leave at a guarded `ret` miss nothing: the others meet.
        assert_eq!(meetings("@%p bra T; @%p ret; T: bar.sync 0;"), ["bar.sync 0"]);
    }

    #[test]
    fn loops_that_never_end_have_meeting_points_inside() {
        assert_eq!(meetings("L: @%p bra N; membar.gl; N: bar.sync 0; bra L;"), ["bar.sync 0"]);
        // Only one side is caught in such a loop.
        assert_eq!(meetings("@%p bra E; L: membar.gl; bra L; E: bar.sync 0;"), ["nowhere"]);
        assert_eq!(meetings("A: bra A; @%p bra B; B: bar.sync 0;"), ["bar.sync 0"]);
    }

    /// Instructions that go anywhere: plain ones, branches and returns, guarded or not.
    fn graphs() -> impl Strategy<Value = Vec<Instruction>> {
        prop::collection::vec((0..8_u8, any::<prop::sample::Index>()), 1..14).prop_map(|nodes| {
            let instruction = |(kind, target): &(u8, prop::sample::Index)| {
                let bra = Op::Bra { target: target.index(nodes.len()) as u32, join: None, uniform: false };
                let (guard, op) = match kind {
                    0 => (None, Op::Bar),
                    1 => (None, bra),
                    2 => (None, Op::Ret),
                    3 => (GUARD, Op::Ret),
                    _ => (GUARD, bra),
                };
                Instruction { guard, op, place: Place::default() }
            };
            nodes
                .iter()
                .map(instruction)
                .chain([Instruction { guard: None, op: Op::Ret, place: Place::default() }])
                .collect()
        })
    }

    /// The nodes on the ways from `from` on, `without` one of them; the end is the last node.
    fn reached(code: &[Instruction], from: usize, without: usize) -> Vec<bool> {
        let mut seen = vec![false; code.len() + 1];
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            if node == without || std::mem::replace(&mut seen[node], true) || node == code.len() {
                continue;
            }
            match (code[node].op, code[node].guard) {
                (Op::Bra { target, .. }, None) => open.push(target as usize),
                (Op::Bra { target, .. }, Some(_)) => open.extend([target as usize, node + 1]),
                (Op::Ret, None) => open.push(code.len()),
                _ => open.push(node + 1),
            }
        }
        seen
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// By the definition: the first node that every way to the end passes.
        #[test]
        fn meetings_are_the_first_nodes_that_all_ways_pass(mut code in graphs()) {
            fill_joins(&mut code);
            let end = code.len();
            let ends = |from: usize, without: usize| reached(&code, from, without)[end];
            let all_end = (0..end).all(|node| ends(node, usize::MAX));
            for (at, instruction) in code.iter().enumerate() {
                let Op::Bra { join, .. } = instruction.op else { continue };
                let passed: Vec<usize> = (0..end).filter(|&node| node != at && !ends(at, node)).collect();
                match join.map(|join| join as usize) {
                    _ if instruction.guard.is_none() => prop_assert_eq!(join, None),
                    // All others that every way passes come later: they are on the ways from the first one on.
                    Some(join) if all_end => {
                        prop_assert!(passed.contains(&join));
                        prop_assert!(passed.iter().all(|&node| node == join || !ends(join, node)));
                    }
                    None if all_end => prop_assert_eq!(passed, vec![]),
                    // A loop that never ends has a way out for the sake of the algorithm, so less is passed by all.
                    Some(join) => prop_assert!(join != at && passed.contains(&join)),
                    None => {}
                }
            }
        }
    }
}

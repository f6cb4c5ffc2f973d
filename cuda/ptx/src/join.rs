//! Where lanes that part at a branch meet again: the immediate post-dominator.
//!
//! The graph has a node for each instruction and one for the end. The algorithm is Cooper, Harvey and Kennedy's "A
//! Simple, Fast Dominance Algorithm" (2001), run backwards, from the end.

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

/// Of every node the nearest other one that all its ways to the end pass.
fn post_dominators(next: &[[usize; 2]]) -> Vec<usize> {
    let end = next.len();
    let order = finished_first(&predecessors(next), end);
    let mut rank = vec![0; end + 1];
    for (position, &node) in order.iter().enumerate() {
        rank[node] = position;
    }
    let mut parent = vec![NONE; end + 1];
    parent[end] = end;
    let mut changed = true;
    while changed {
        changed = false;
        // In reverse postorder, without the end itself.
        for &node in order.iter().rev().skip(1) {
            let mut meeting = NONE;
            for &target in next[node].iter().filter(|&&target| target != NONE && parent[target] != NONE) {
                meeting = if meeting == NONE { target } else { intersect(target, meeting, &parent, &rank) };
            }
            if parent[node] != meeting {
                parent[node] = meeting;
                changed = true;
            }
        }
    }
    parent
}

/// The nearest node that is above both in the tree of post-dominators.
fn intersect(mut a: usize, mut b: usize, parent: &[usize], rank: &[usize]) -> usize {
    while a != b {
        while rank[a] < rank[b] {
            a = parent[a];
        }
        while rank[b] < rank[a] {
            b = parent[b];
        }
    }
    a
}

/// The nodes that lead to `root`, in postorder of a depth-first walk along `edges`, without recursion.
fn finished_first(edges: &[Vec<usize>], root: usize) -> Vec<usize> {
    let mut order = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    let mut path = vec![(root, 0)];
    seen[root] = true;
    while let Some((node, tried)) = path.last_mut() {
        match edges[*node].get(*tried) {
            Some(&target) => {
                *tried += 1;
                if !seen[target] {
                    seen[target] = true;
                    path.push((target, 0));
                }
            }
            None => {
                order.push(*node);
                path.pop();
            }
        }
    }
    order
}

//! The tape: reverse-mode differentiation of anything that is a [`Value`].
//!
//! Every operation makes a new [`Var`] from old ones. It leaves behind, for each input that needs a
//! gradient, one *adjoint*: a closure that turns the gradient of the result into the gradient of
//! that input. [`Var::backward`] walks from a result to the parameters, newest operation first, and
//! hands each adjoint its gradient.
//!
//! # Adding an operation
//!
//! Compute the value, then give one adjoint per input, right under it. Nothing else is needed: no
//! registration, no trait. Here is the square root, y = √x, so dx = dy / 2y:
//!
//! ```
//! use unrolled::Var;
//!
//! fn sqrt(x: &Var<f64>) -> Var<f64> {
//!     let y = x.value().sqrt();
//!     Var::op(y).input(x, move |dy| Ok(dy / (2.0 * y))).var()
//! }
//!
//! let x = Var::parameter(9.0);
//! sqrt(&x).backward()?;
//! assert_eq!(x.grad(), Some(1.0 / 6.0));
//! # Ok::<(), unrolled::Error>(())
//! ```
//!
//! An adjoint may keep values, but no [`Var`]: a `Var` inside its own graph could never be freed.

use crate::error::{Error, Result};
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fmt;
use std::rc::Rc;

// ANCHOR: value
/// What differentiation needs to know of a value. Scalars, CPU tensors and GPU tensors are values.
///
/// Clones must be cheap: the tape makes many. (A tensor's clone shares its elements.) A new value needs
/// memory, and a GPU can fail, so whatever computes may.
pub trait Value: Clone {
    /// The size along each axis; empty for a scalar.
    fn shape(&self) -> &[usize];
    /// A value of the same shape whose elements are all one: the gradient of a result by itself.
    ///
    /// # Errors
    /// If there is no memory for it, or the device fails.
    fn ones_like(&self) -> Result<Self>;
    /// Adds `other` to this value.
    ///
    /// # Errors
    /// If the shapes differ, or the device fails.
    fn accumulate(&mut self, other: &Self) -> Result<()>;
}
// ANCHOR_END: value

// ANCHOR: graph
/// A value on the tape. Clones are handles to the same node.
pub struct Var<V: Value>(Rc<Node<V>>);

struct Node<V: Value> {
    /// Grows with every operation, so an operation's number is above those of its inputs.
    number: u64,
    value: RefCell<V>,
    grad: RefCell<Option<V>>,
    needs_grad: bool,
    history: RefCell<History<V>>,
}

enum History<V: Value> {
    /// A parameter or a constant: the walk ends here.
    Leaf,
    /// Made by an operation.
    Op(Vec<Edge<V>>),
    /// Made by an operation that a backward pass has used up.
    Spent,
}

struct Edge<V: Value> {
    input: Var<V>,
    adjoint: Box<dyn FnOnce(V) -> Result<V>>,
}
// ANCHOR_END: graph

thread_local! {
    static NUMBER: Cell<u64> = const { Cell::new(0) };
    static RECORDING: Cell<bool> = const { Cell::new(true) };
}

/// Runs `f` without recording: operations inside compute their values and keep nothing for a
/// backward pass. For evaluation.
///
/// ```
/// use unrolled::{Var, no_grad};
///
/// let x = Var::parameter(3.0);
/// let y = no_grad(|| &x * &x);
/// assert_eq!(y.value(), 9.0);
/// assert!(!y.needs_grad());
/// ```
pub fn no_grad<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            RECORDING.set(self.0);
        }
    }
    let _restore = Restore(RECORDING.replace(false)); // also when `f` panics
    f()
}

/// An operation under construction: its value, and an adjoint for each input. See [`Var::op`].
pub struct Op<V: Value> {
    value: V,
    edges: Vec<Edge<V>>,
}

impl<V: Value> Op<V> {
    // ANCHOR: input
    /// Names an input and its adjoint: from the gradient of the result to the gradient of this input.
    ///
    /// If `input` needs no gradient the adjoint is dropped at once, and all that it holds with it.
    pub fn input(mut self, input: &Var<V>, adjoint: impl FnOnce(V) -> Result<V> + 'static) -> Self {
        if input.needs_grad() && RECORDING.get() {
            self.edges.push(Edge { input: input.clone(), adjoint: Box::new(adjoint) });
        }
        self
    }
    // ANCHOR_END: input

    /// Puts the result on the tape.
    pub fn var(self) -> Var<V> {
        let needs_grad = !self.edges.is_empty();
        Var::node(self.value, needs_grad, if needs_grad { History::Op(self.edges) } else { History::Leaf })
    }
}

impl<V: Value> Var<V> {
    fn node(value: V, needs_grad: bool, history: History<V>) -> Self {
        let number = NUMBER.replace(NUMBER.get() + 1);
        let (value, grad, history) = (RefCell::new(value), RefCell::new(None), RefCell::new(history));
        Var(Rc::new(Node { number, value, grad, needs_grad, history }))
    }

    /// A leaf whose gradient is wanted: a weight.
    pub fn parameter(value: V) -> Self {
        Self::node(value, true, History::Leaf)
    }

    /// A leaf whose gradient is not wanted: data. What depends on constants alone costs nothing in
    /// a backward pass.
    pub fn constant(value: V) -> Self {
        Self::node(value, false, History::Leaf)
    }

    /// Begins an operation with the value it computed; see [the module's documentation](self).
    pub fn op(value: V) -> Op<V> {
        Op { value, edges: Vec::new() }
    }

    /// The value.
    pub fn value(&self) -> V {
        self.0.value.borrow().clone()
    }

    /// Whether a backward pass brings a gradient here.
    pub fn needs_grad(&self) -> bool {
        self.0.needs_grad
    }

    /// The gradient that backward passes have added up here, if any did.
    ///
    /// Every `Var` that is still held when a backward pass comes by keeps its gradient, not only
    /// parameters.
    pub fn grad(&self) -> Option<V> {
        self.0.grad.borrow().clone()
    }

    /// Forgets the gradient. Gradients accumulate until this is called.
    pub fn clear_grad(&self) {
        self.0.grad.take();
    }

    /// Changes the value in place: for optimisers, between a backward pass and the next forward one. Gives back what
    /// `change` does.
    pub fn update<R>(&self, change: impl FnOnce(&mut V) -> R) -> R {
        change(&mut self.0.value.borrow_mut())
    }

    /// Adds the gradient of this value to [`Var::grad`] of everything that it was made from.
    ///
    /// The graph is used up: its memory is given back, and a second pass through it is an error.
    ///
    /// # Errors
    /// If this value isn't a single number (say what to weigh it with: [`Var::backward_from`]), if
    /// nothing it was made from needs a gradient, if the graph was used up, or if an adjoint or a sum of gradients
    /// fails.
    pub fn backward(&self) -> Result<()> {
        let seed = {
            let value = self.0.value.borrow();
            if value.shape().iter().product::<usize>() != 1 {
                let expected = "a single number; for any other shape call backward_from with a gradient of that shape";
                return Err(Error::argument("backward", value.shape(), expected));
            }
            value.ones_like()?
        };
        self.backward_from(seed)
    }

    /// [`Var::backward`] with the gradient of this value given: ⟨`seed`, value⟩ is differentiated.
    ///
    /// # Errors
    /// As [`Var::backward`], and if `seed` hasn't this value's shape.
    // ANCHOR: backward
    pub fn backward_from(&self, seed: V) -> Result<()> {
        if !self.needs_grad() {
            let expected = "a value made from at least one parameter, outside of no_grad";
            return Err(Error::argument("backward", "a value that needs no gradient", expected));
        }
        let mut waiting = BinaryHeap::new();
        self.receive(seed, &mut waiting)?;
        // The newest first: when a node's turn comes, all that was made from it has had its turn.
        while let Some(Newest(var)) = waiting.pop() {
            let edges = var.0.history.replace(History::Spent).take_edges();
            // A gradient that nobody else can see moves on instead of being copied.
            let seen = Rc::strong_count(&var.0) > 1;
            let mut grad = if seen { var.grad() } else { var.0.grad.take() };
            let last = edges.len() - 1;
            for (i, Edge { input, adjoint }) in edges.into_iter().enumerate() {
                let dy = if i == last { grad.take() } else { grad.clone() };
                input.receive(adjoint(dy.expect("a node waits only once it has a gradient"))?, &mut waiting)?;
            }
        }
        Ok(())
    }
    // ANCHOR_END: backward

    // ANCHOR: receive
    /// Adds `grad` here, and queues this node when it is the first to arrive.
    fn receive(&self, grad: V, waiting: &mut BinaryHeap<Newest<V>>) -> Result<()> {
        let value = self.0.value.borrow();
        if grad.shape() != value.shape() {
            return Err(Error::argument("gradient", grad.shape(), format!("the value's shape, {:?}", value.shape())));
        }
        let history = self.0.history.borrow();
        if let History::Spent = *history {
            return Err(Error::argument(
                "backward",
                "a graph that an earlier backward has used up",
                "a fresh forward pass for each backward",
            ));
        }
        let mut slot = self.0.grad.borrow_mut();
        match &mut *slot {
            Some(sum) => sum.accumulate(&grad)?,
            None => {
                *slot = Some(grad);
                if let History::Op(_) = *history {
                    waiting.push(Newest(self.clone()));
                }
            }
        }
        Ok(())
    }
    // ANCHOR_END: receive
}

/// Orders the queue of a backward pass.
struct Newest<V: Value>(Var<V>);

impl<V: Value> Ord for Newest<V> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.0.number.cmp(&other.0.0.number)
    }
}
impl<V: Value> PartialOrd for Newest<V> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<V: Value> PartialEq for Newest<V> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl<V: Value> Eq for Newest<V> {}

// ANCHOR: drop
impl<V: Value> Drop for Node<V> {
    /// Frees what only this node kept alive, with a stack of our own: a chain of a million
    /// operations would overflow the thread's.
    fn drop(&mut self) {
        let mut edges = self.history.get_mut().take_edges();
        while let Some(Edge { input, .. }) = edges.pop() {
            if let Some(mut node) = Rc::into_inner(input.0) {
                edges.append(&mut node.history.get_mut().take_edges());
            }
        }
    }
}
// ANCHOR_END: drop

impl<V: Value> History<V> {
    fn take_edges(&mut self) -> Vec<Edge<V>> {
        match self {
            History::Op(edges) => std::mem::take(edges),
            History::Leaf | History::Spent => Vec::new(),
        }
    }
}

impl<V: Value> Clone for Var<V> {
    fn clone(&self) -> Self {
        Var(Rc::clone(&self.0))
    }
}

impl<V: Value + fmt::Debug> fmt::Debug for Var<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Var").field("value", &self.0.value.borrow()).field("grad", &self.0.grad.borrow()).finish()
    }
}

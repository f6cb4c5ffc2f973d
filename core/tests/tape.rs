//! The tape: depth, sharing, accumulation, memory, and what it refuses.

use proptest::prelude::*;
use std::rc::Rc;
use unrolled::{Error, Result, Tensor, Value, Var, nn, no_grad};

const DEEP: usize = 1_000_000;

fn chain(x: &Var<f64>) -> Var<f64> {
    let one = Var::constant(1.0);
    (0..DEEP).fold(x.clone(), |y, _| &y * &one)
}

/// On a thread with a stack far smaller than the depth.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(128 * 1024).spawn(test).unwrap().join().unwrap();
}

#[test]
fn a_million_operations_run_backward() {
    on_a_small_stack(|| {
        let x = Var::parameter(3.0);
        let y = &chain(&x) * &x;
        y.backward().unwrap();
        assert_eq!((y.value(), x.grad()), (9.0, Some(6.0)));
    });
}

#[test]
fn a_million_operations_are_dropped_without_a_backward() {
    on_a_small_stack(|| {
        let x = Var::parameter(3.0);
        drop(chain(&x));
        assert_eq!(x.grad(), None);
    });
}

// ANCHOR: shared
/// x + x, doubled at each of sixty levels: 2⁶⁰ paths, but each node is walked once.
#[test]
fn shared_subexpressions_are_walked_once() {
    let x = Var::parameter(1.0);
    let y = (0..60).fold(x.clone(), |y, _| &y + &y);
    y.backward().unwrap();
    assert_eq!(x.grad(), Some((1u64 << 60) as f64));
}
// ANCHOR_END: shared

/// The long way round to x is older than the short one: a node waits for all that was made from it.
#[test]
fn branches_of_different_length_meet() {
    let x = Var::parameter(2.0);
    let square = &x * &x;
    let long = &(&square * &square) * &square; // x⁶
    let y = &(&long + &square) + &x;
    y.backward().unwrap();
    assert_eq!(x.grad(), Some(6.0 * 32.0 + 4.0 + 1.0));
}

#[test]
fn gradients_accumulate_until_they_are_cleared() {
    let x = Var::parameter(3.0);
    (&x * &x).backward().unwrap();
    (&x * &x).backward().unwrap();
    assert_eq!(x.grad(), Some(12.0));
    x.clear_grad();
    assert_eq!(x.grad(), None);
    (&x * &x).backward().unwrap();
    assert_eq!(x.grad(), Some(6.0));
}

/// An accumulated gradient may be shared with whoever asked for it; theirs must not change.
#[test]
fn a_gradient_read_earlier_stays_as_it_was() {
    let x = Var::parameter(Tensor::full(&[2], 1.0).unwrap());
    nn::sum(&x).unwrap().backward().unwrap();
    let first = x.grad().unwrap();
    nn::sum(&x).unwrap().backward().unwrap();
    assert_eq!(first.data(), [1.0, 1.0]);
    assert_eq!(x.grad().unwrap().data(), [2.0, 2.0]);
}

#[test]
fn a_branch_without_parameters_costs_nothing() {
    let (data, weight) = (Var::constant(2.0), Var::parameter(3.0));
    let witness = Rc::new(());
    let kept = Rc::clone(&witness);
    let y = Var::op(6.0)
        .input(&data, move |_| {
            let _kept = &kept;
            panic!("nobody needs this gradient")
        })
        .input(&weight, |dy: f64| Ok(2.0 * dy))
        .var();
    assert_eq!(Rc::strong_count(&witness), 1, "what the adjoint held is dropped at once");
    y.backward().unwrap();
    assert_eq!((data.grad(), weight.grad()), (None, Some(2.0)));
}

#[test]
fn nothing_is_recorded_inside_no_grad() {
    let x = Var::parameter(3.0);
    let witness = Rc::new(());
    let kept = Rc::clone(&witness);
    let y = no_grad(|| {
        let inner = no_grad(|| &x * &x); // nested: the outer one goes on afterwards
        let y = Var::op(inner.value() + 1.0).input(&x, move |dy| {
            let _kept = &kept;
            Ok(dy)
        });
        y.var()
    });
    assert_eq!((y.value(), y.needs_grad(), Rc::strong_count(&witness)), (10.0, false, 1));
    assert!((&x * &x).needs_grad(), "recording goes on outside");
    let _ = std::panic::catch_unwind(|| no_grad(|| panic!("in evaluation")));
    assert!((&x * &x).needs_grad(), "and after a panic");
}

/// y = x, with something in its adjoint to see how long it lives.
fn watched(x: &Var<f64>, witness: &Rc<()>) -> Var<f64> {
    let kept = Rc::clone(witness);
    let adjoint = move |dy| {
        let _kept = kept;
        Ok(dy)
    };
    Var::op(x.value()).input(x, adjoint).var()
}

#[test]
fn backward_gives_the_graphs_memory_back() {
    let witness = Rc::new(());
    let x = Var::parameter(3.0);
    let a = watched(&x, &witness);
    let b = &watched(&a, &witness) * &a;
    assert_eq!(Rc::strong_count(&witness), 3);
    b.backward().unwrap(); // while `a` and `b` are still held
    assert_eq!(Rc::strong_count(&witness), 1);

    let y = watched(&x, &witness);
    assert_eq!(Rc::strong_count(&witness), 2);
    drop(y);
    assert_eq!(Rc::strong_count(&witness), 1, "dropped without a backward");
}

/// The graph needs no handles: a result alone keeps what it was made from, and not longer.
#[test]
fn a_result_keeps_its_graph_alive() {
    let witness = Rc::new(());
    let x = Var::parameter(3.0);
    let y = {
        let a = watched(&x, &witness);
        &a * &a
    };
    assert_eq!(Rc::strong_count(&witness), 2);
    y.backward().unwrap();
    assert_eq!((x.grad(), Rc::strong_count(&witness)), (Some(6.0), 1));
}

#[test]
fn values_still_held_show_their_gradients() {
    let x = Var::parameter(3.0);
    let a = &x * &x;
    let y = &a * &a;
    y.backward().unwrap();
    assert_eq!((y.grad(), a.grad(), x.grad()), (Some(1.0), Some(18.0), Some(108.0)));
}

#[test]
fn a_graph_runs_backward_once() {
    let x = Var::parameter(3.0);
    let a = &x * &x;
    let y = &a + &a;
    y.backward().unwrap();
    let again = "backward: got \"a graph that an earlier backward has used up\", expected a fresh forward pass for each backward";
    a.clear_grad();
    y.clear_grad();
    assert_eq!(y.backward().unwrap_err().to_string(), again);
    a.clear_grad();
    let z = &a * &a; // built on a part that is used up
    assert_eq!(z.backward().unwrap_err().to_string(), again);
}

/// As above, but nobody cleared what the first pass left behind.
#[test]
fn a_second_backward_is_refused_with_gradients_in_place() {
    let x = Var::parameter(3.0);
    let a = &x * &x;
    let y = &a + &a;
    y.backward().unwrap();
    assert!(y.backward().is_err());
    assert!((&a * &a).backward().is_err());
    assert_eq!(x.grad(), Some(12.0), "as the first pass left it");
}

#[test]
fn what_has_no_gradient_is_refused() {
    let x = Var::parameter(Tensor::full(&[2, 3], 1.0).unwrap());
    let y = nn::scale(&x, 2.0).unwrap();
    assert_eq!(
        y.backward().unwrap_err().to_string(),
        "backward: got [2, 3], expected a single number; for any other shape call backward_from with a gradient of that shape"
    );
    let e = y.backward_from(Tensor::full(&[3, 2], 1.0).unwrap()).unwrap_err();
    assert_eq!(e.to_string(), "gradient: got [3, 2], expected the value's shape, [2, 3]");
    y.backward_from(Tensor::full(&[2, 3], 1.0).unwrap()).expect("refusals leave the graph as it was");
    assert_eq!(x.grad(), Some(Tensor::full(&[2, 3], 2.0).unwrap()));

    let e = Var::constant(1.0).backward().unwrap_err();
    assert_eq!(
        e.to_string(),
        "backward: got \"a value that needs no gradient\", expected a value made from at least one parameter, outside of no_grad"
    );
}

#[test]
fn an_adjoint_of_the_wrong_shape_is_refused() {
    let x = Var::parameter(Tensor::full(&[2], 1.0).unwrap());
    let y = Var::op(Tensor::scalar(0.0)).input(&x, |_| Tensor::full(&[3], 1.0)).var();
    assert_eq!(y.backward().unwrap_err().to_string(), "gradient: got [3], expected the value's shape, [2]");
    assert_eq!(x.grad(), None);
}

/// A number on a device that breaks at the first thing that it is to compute.
#[derive(Clone)]
struct Fragile;

impl Value for Fragile {
    fn shape(&self) -> &[usize] {
        &[]
    }
    fn ones_like(&self) -> Result<Self> {
        Err(Error::failed("filling", "the device is gone"))
    }
    fn accumulate(&mut self, _: &Self) -> Result<()> {
        Err(Error::failed("adding", "the device is gone"))
    }
}

#[test]
fn what_fails_on_a_device_is_passed_on() {
    let x = Var::parameter(Fragile);
    assert_eq!(x.backward().unwrap_err().to_string(), "filling: the device is gone");
    assert!(x.grad().is_none());
    let y = Var::op(Fragile).input(&x, Ok).var();
    y.backward_from(Fragile).expect("a single gradient is added to nothing");
    let z = Var::op(Fragile).input(&x, Ok).input(&y, Ok).var(); // one by one, and the sum fails
    assert_eq!(z.backward_from(Fragile).unwrap_err().to_string(), "adding: the device is gone");
}

#[test]
fn a_single_number_of_any_rank_runs_backward() {
    let x = Var::parameter(Tensor::full(&[1, 1], 3.0).unwrap());
    nn::mul(&x, &x).unwrap().backward().unwrap();
    assert_eq!(x.grad(), Some(Tensor::full(&[1, 1], 6.0).unwrap()));
}

#[test]
fn a_parameter_is_its_own_gradient() {
    let x = Var::parameter(3.0);
    x.backward().unwrap();
    x.backward().unwrap();
    assert_eq!(x.grad(), Some(2.0));
}

proptest! {
    /// Every scalar operation, against central differences.
    #[test]
    fn scalars_agree_with_differences(a in 0.5..2.0f64, b in -2.0..-0.5f64) {
        let f = |a: &Var<f64>, b: &Var<f64>| {
            let q = &(&(a * b) - &(a / b)) + &b.exp();
            &(&q * &a.ln()) + &(-&q.tanh())
        };
        let at = |a, b| no_grad(|| f(&Var::constant(a), &Var::constant(b)).value());
        let (x, y) = (Var::parameter(a), Var::parameter(b));
        f(&x, &y).backward().unwrap();
        let h = 1e-5;
        let (da, db) = ((at(a + h, b) - at(a - h, b)) / (2.0 * h), (at(a, b + h) - at(a, b - h)) / (2.0 * h));
        prop_assert!((x.grad().unwrap() - da).abs() < 1e-7 * da.abs().max(1.0), "da = {:?}, not {da}", x.grad());
        prop_assert!((y.grad().unwrap() - db).abs() < 1e-7 * db.abs().max(1.0), "db = {:?}, not {db}", y.grad());
    }
}

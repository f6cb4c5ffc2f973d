//! Optimisers: SGD with momentum, and Adam. Each holds the parameters it moves.
//!
//! ```
//! use unrolled::{Tensor, Var, nn, optim::Adam};
//!
//! // Find the x whose square is 2.
//! let x = Var::parameter(Tensor::new(&[1], vec![1.0])?);
//! let two = Var::constant(Tensor::new(&[1], vec![2.0])?);
//! let mut adam = Adam::new(vec![x.clone()], 0.01)?;
//! for _ in 0..200 {
//!     let error = nn::sub(&nn::mul(&x, &x)?, &two)?;
//!     adam.zero_grad();
//!     nn::sum(&nn::mul(&error, &error)?)?.backward()?;
//!     adam.step();
//! }
//! assert!((x.value().data()[0] - 2_f32.sqrt()).abs() < 1e-3);
//! # Ok::<(), unrolled::Error>(())
//! ```

use crate::error::{Error, Result};
use crate::parallel;
use crate::real::Real;
use crate::simd::vectorize;
use crate::tensor::Tensor;
use crate::var::Var;

/// Stochastic gradient descent with momentum (Polyak 1964), as PyTorch has it: u ← µ u + g, w ← w − lr u.
pub struct Sgd<T: Real> {
    params: Vec<(Var<Tensor<T>>, Tensor<T>)>,
    lr: f64,
    momentum: f64,
}

impl<T: Real> Sgd<T> {
    /// An optimiser of `params`; a momentum of 0 is plain gradient descent.
    ///
    /// # Errors
    /// If `lr` isn't finite and above 0, or `momentum` isn't at least 0 and below 1.
    pub fn new(params: Vec<Var<Tensor<T>>>, lr: f64, momentum: f64) -> Result<Self> {
        check_lr(lr)?;
        if !(0.0..1.0).contains(&momentum) {
            return Err(Error::argument("momentum", momentum, "at least 0 and below 1"));
        }
        let params = params.into_iter().map(|w| Ok((w.clone(), zeros_like(&w)?))).collect::<Result<_>>()?;
        Ok(Self { params, lr, momentum })
    }

    /// Moves each parameter that has a gradient; the others stay as they are.
    ///
    /// # Panics
    /// If a parameter has been given another shape since [`Sgd::new`].
    pub fn step(&mut self) {
        let (lr, momentum) = (T::of(self.lr), T::of(self.momentum));
        for (param, velocity) in &mut self.params {
            let Some(grad) = param.grad() else { continue };
            param.update(|w| {
                fused([w, velocity], &grad, |[w, u], g| {
                    *u = momentum * *u + g;
                    *w -= lr * *u;
                });
            });
        }
    }

    /// Forgets the gradients: before each backward pass, as they would add up.
    pub fn zero_grad(&self) {
        self.params.iter().for_each(|(param, _)| param.clear_grad());
    }
}

/// Adam (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015), as PyTorch has it.
///
/// In step t, with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸:
///
/// ```text
/// m ← β₁ m + (1 − β₁) g        the gradient's running mean
/// v ← β₂ v + (1 − β₂) g²       and that of its square
/// w ← w − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
/// ```
///
/// Both means begin at 0; the powers of β undo what that takes from them in the first steps.
pub struct Adam<T: Real> {
    params: Vec<Moments<T>>,
    lr: f64,
}

struct Moments<T: Real> {
    param: Var<Tensor<T>>,
    /// Steps that had a gradient: t.
    steps: i32,
    m: Tensor<T>,
    v: Tensor<T>,
}

impl<T: Real> Adam<T> {
    const BETA1: f64 = 0.9;
    const BETA2: f64 = 0.999;
    const EPSILON: f64 = 1e-8;

    /// An optimiser of `params`.
    ///
    /// # Errors
    /// If `lr` isn't finite and above 0.
    pub fn new(params: Vec<Var<Tensor<T>>>, lr: f64) -> Result<Self> {
        check_lr(lr)?;
        let moments = |param| Ok(Moments { steps: 0, m: zeros_like(&param)?, v: zeros_like(&param)?, param });
        Ok(Self { params: params.into_iter().map(moments).collect::<Result<_>>()?, lr })
    }

    /// Moves each parameter that has a gradient; the others stay as they are.
    ///
    /// # Panics
    /// If a parameter has been given another shape since [`Adam::new`].
    pub fn step(&mut self) {
        for Moments { param, steps, m, v } in &mut self.params {
            let Some(grad) = param.grad() else { continue };
            *steps = steps.saturating_add(1);
            let step_size = T::of(self.lr / (1.0 - Self::BETA1.powi(*steps)));
            let root = T::of((1.0 - Self::BETA2.powi(*steps)).sqrt());
            let (one_less_beta1, beta2) = (T::of(1.0 - Self::BETA1), T::of(Self::BETA2));
            let (one_less_beta2, epsilon) = (T::of(1.0 - Self::BETA2), T::of(Self::EPSILON));
            param.update(|w| {
                fused([w, m, v], &grad, |[w, m, v], g| {
                    *m += one_less_beta1 * (g - *m);
                    *v = beta2 * *v + one_less_beta2 * g * g;
                    *w -= step_size * *m / (v.sqrt() / root + epsilon);
                });
            });
        }
    }

    /// Forgets the gradients: before each backward pass, as they would add up.
    pub fn zero_grad(&self) {
        self.params.iter().for_each(|moments| moments.param.clear_grad());
    }
}

fn check_lr(lr: f64) -> Result<()> {
    match lr > 0.0 && lr.is_finite() {
        true => Ok(()),
        false => Err(Error::argument("learning rate", lr, "finite, and above 0")),
    }
}

fn zeros_like<T: Real>(param: &Var<Tensor<T>>) -> Result<Tensor<T>> {
    Tensor::zeros(param.value().shape())
}

/// Runs `f` on each place of a parameter and its state, in place, with the gradient there: one walk
/// through memory. Small parameters aren't worth handing to another thread; a large one is cut up.
fn fused<T: Real, const S: usize>(state: [&mut Tensor<T>; S], grad: &Tensor<T>, f: impl Fn([&mut T; S], T) + Sync) {
    const GRAIN: usize = 8 * 1024;
    assert!(
        state.iter().all(|t| t.shape() == grad.shape()),
        "a parameter's shape changed since the optimiser was made"
    );
    let mut chunks = state.map(|t| t.data_mut().chunks_mut(GRAIN));
    let grads = grad.data().chunks(GRAIN);
    let mut tasks: Vec<_> = grads.map(|g| (chunks.each_mut().map(|c| c.next().unwrap_or_default()), g)).collect();
    parallel::chunks_mut(&mut tasks, 1, |_, task| {
        let (state, grad) = &mut task[0];
        vectorize(
            #[inline(always)]
            || {
                let mut state = state.each_mut().map(|s| &mut s[..grad.len()]);
                for (i, &g) in grad.iter().enumerate() {
                    f(state.each_mut().map(|s| &mut s[i]), g);
                }
            },
        );
    });
}

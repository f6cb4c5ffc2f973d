//! Optimisers: SGD with momentum, and Adam, which runs on any device. Each holds the parameters it moves.
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
//!     adam.step()?;
//! }
//! assert!((x.value().data()[0] - 2_f32.sqrt()).abs() < 1e-3);
//! # Ok::<(), unrolled::Error>(())
//! ```

use crate::error::{Error, Result};
use crate::nn::Cpu;
use crate::parallel;
use crate::real::Real;
use crate::simd::vectorize;
use crate::tensor::Tensor;
use crate::var::{Value, Var};

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
        let params = params.into_iter().map(|w| Ok((w.clone(), Tensor::zeros(w.value().shape())?)));
        Ok(Self { params: params.collect::<Result<_>>()?, lr, momentum })
    }

    /// Moves each parameter that has a gradient; the others stay as they are.
    ///
    /// # Errors
    /// If a parameter has been given another shape since [`Sgd::new`]. Those before it have moved.
    pub fn step(&mut self) -> Result<()> {
        let (lr, momentum) = (T::of(self.lr), T::of(self.momentum));
        for (param, velocity) in &mut self.params {
            let Some(grad) = param.grad() else { continue };
            param.update(|w| {
                fused([w, velocity], &grad, |[w, u], g| {
                    *u = momentum * *u + g;
                    *w -= lr * *u;
                })
            })?;
        }
        Ok(())
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
pub struct Adam<V: Value, D = Cpu> {
    device: D,
    params: Vec<Moments<V>>,
    lr: f64,
}

struct Moments<V: Value> {
    param: Var<V>,
    /// Steps that had a gradient: t.
    steps: i32,
    m: V,
    v: V,
}

/// What [`Adam`] needs of a device.
pub trait Update<V> {
    /// A value of the same shape whose elements are all zero.
    ///
    /// # Errors
    /// If there is no memory for it, or the device fails.
    fn zeros_like(&self, value: &V) -> Result<V>;

    /// One step of a parameter w, by its gradient g, in place, with the two means m and v:
    ///
    /// ```text
    /// m ← m + (1 − β₁) (g − m)
    /// v ← β₂ v + (1 − β₂) g²
    /// w ← w − size · m / (√v / root + ε)
    /// ```
    ///
    /// # Errors
    /// If the four haven't the same shape, or the device fails.
    fn adam(&self, step: AdamStep, state: [&mut V; 3], grad: &V) -> Result<()>;
}

/// The numbers of one step of [`Adam`], the same for each element of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// lr / (1 − β₁ᵗ).
    pub size: f64,
    /// √(1 − β₂ᵗ).
    pub root: f64,
}

impl AdamStep {
    /// β₁, how much of its past the mean of the gradient keeps.
    pub const BETA1: f64 = 0.9;
    /// β₂, and that of its square.
    pub const BETA2: f64 = 0.999;
    /// ε, which keeps a step finite where the gradient was always 0.
    pub const EPSILON: f64 = 1e-8;

    fn new(lr: f64, t: i32) -> Self {
        Self { size: lr / (1.0 - Self::BETA1.powi(t)), root: (1.0 - Self::BETA2.powi(t)).sqrt() }
    }
}

impl<T: Real> Update<Tensor<T>> for Cpu {
    fn zeros_like(&self, value: &Tensor<T>) -> Result<Tensor<T>> {
        Tensor::zeros(value.shape())
    }

    fn adam(&self, step: AdamStep, state: [&mut Tensor<T>; 3], grad: &Tensor<T>) -> Result<()> {
        let (size, root) = (T::of(step.size), T::of(step.root));
        let (one_less_beta1, beta2) = (T::of(1.0 - AdamStep::BETA1), T::of(AdamStep::BETA2));
        let (one_less_beta2, epsilon) = (T::of(1.0 - AdamStep::BETA2), T::of(AdamStep::EPSILON));
        fused(state, grad, |[w, m, v], g| {
            *m += one_less_beta1 * (g - *m);
            *v = beta2 * *v + one_less_beta2 * g * g;
            *w -= size * *m / (v.sqrt() / root + epsilon);
        })
    }
}

impl<T: Real> Adam<Tensor<T>> {
    /// An optimiser of `params`, on the CPU.
    ///
    /// # Errors
    /// If `lr` isn't finite and above 0.
    pub fn new(params: Vec<Var<Tensor<T>>>, lr: f64) -> Result<Self> {
        Self::on(Cpu, params, lr)
    }
}

impl<V: Value, D: Update<V>> Adam<V, D> {
    /// An optimiser of `params`, which are values on `device`.
    ///
    /// # Errors
    /// If `lr` isn't finite and above 0, or the device fails.
    pub fn on(device: D, params: Vec<Var<V>>, lr: f64) -> Result<Self> {
        check_lr(lr)?;
        let zeros = |param: &Var<V>| device.zeros_like(&param.value());
        let moments = |param| Ok(Moments { steps: 0, m: zeros(&param)?, v: zeros(&param)?, param });
        let params = params.into_iter().map(moments).collect::<Result<_>>()?;
        Ok(Self { device, params, lr })
    }

    /// Moves each parameter that has a gradient; the others stay as they are.
    ///
    /// # Errors
    /// If a parameter has been given another shape since the optimiser was made, or the device fails. Those before
    /// it have moved.
    pub fn step(&mut self) -> Result<()> {
        for Moments { param, steps, m, v } in &mut self.params {
            let Some(grad) = param.grad() else { continue };
            *steps = steps.saturating_add(1);
            let step = AdamStep::new(self.lr, *steps);
            param.update(|w| self.device.adam(step, [w, m, v], &grad))?;
        }
        Ok(())
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

/// Runs `f` on each place of a parameter and its state, in place, with the gradient there: one walk
/// through memory. Small parameters aren't worth handing to another thread; a large one is cut up.
fn fused<T: Real, const S: usize>(
    state: [&mut Tensor<T>; S],
    grad: &Tensor<T>,
    f: impl Fn([&mut T; S], T) + Sync,
) -> Result<()> {
    const GRAIN: usize = 8 * 1024;
    if let Some(other) = state.iter().find(|t| t.shape() != grad.shape()) {
        let expected = format!("the shape of the gradient, {:?}", grad.shape());
        return Err(Error::argument("parameter or its state", other.shape(), expected));
    }
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
    Ok(())
}

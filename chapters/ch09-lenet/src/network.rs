//! The network: LeNet-5 as tutorials teach it today, with ReLU and average pooling to a given size. The same on
//! every device.

use std::rc::Rc;
use unrolled::init::{self, Rng};
use unrolled::nn::{Cpu, Device};
use unrolled::{ChannelBias, ConvSpec, Convolution, Error, Result, Tensor, Value, Var, conv};

/// A convolution chosen at run time.
pub type Algorithm<V = Tensor> = Rc<dyn Convolution<V, 2>>;

/// A differentiable map, of images or of what another layer made of them.
pub trait Layer<V: Value>: Fn(&Var<V>) -> Result<Var<V>> {}
impl<V: Value, F: Fn(&Var<V>) -> Result<Var<V>>> Layer<V> for F {}

/// The names and shapes of the parameters, as PyTorch has them for this network.
pub const PARAMETERS: [(&str, &[usize]); 10] = [
    ("c1.0.weight", &[6, 1, 5, 5]),
    ("c1.0.bias", &[6]),
    ("c3.0.weight", &[16, 6, 5, 5]),
    ("c3.0.bias", &[16]),
    ("l5.0.weight", &[120, 400]),
    ("l5.0.bias", &[120]),
    ("l6.0.weight", &[84, 120]),
    ("l6.0.bias", &[84]),
    ("l7.weight", &[10, 84]),
    ("l7.bias", &[10]),
];

/// What the layers are, for people. (A test holds it against [`PARAMETERS`] and a forward pass.)
pub const SUMMARY: &str = "    c1  convolution 1 -> 6, 5x5, ReLU       [N, 1, 28, 28] -> [N, 6, 24, 24]      156
    s2  adaptive average pooling                           -> [N, 6, 14, 14]
    c3  convolution 6 -> 16, 5x5, ReLU                     -> [N, 16, 10, 10]   2,416
    s4  adaptive average pooling                           -> [N, 16, 5, 5]
        flatten                                            -> [N, 400]
    l5  linear, ReLU                                       -> [N, 120]         48,120
    l6  linear, ReLU                                       -> [N, 84]          10,164
    l7  linear                                             -> [N, 10]             850
                                                                 parameters    61,706";

/// The network's parameters, in the order of [`PARAMETERS`], the algorithm of its convolutions, and the device where
/// all of this is.
pub struct LeNet<V: Value = Tensor, D = Cpu> {
    parameters: Vec<Var<V>>,
    algorithm: Algorithm<V>,
    device: D,
}

impl<V: ChannelBias + 'static, D: Device<V>> LeNet<V, D> {
    /// A network that has learned nothing yet, with PyTorch's default initialisation.
    ///
    /// # Errors
    /// If the device fails.
    pub fn new(device: D, algorithm: Algorithm<V>, rng: &mut Rng) -> Result<Self> {
        let mut fan_in = 1;
        let tensor = |(_, shape): (&str, &[usize])| match shape {
            [len] => init::bias(*len, fan_in, rng), // follows its weight
            _ => {
                fan_in = shape[1..].iter().product();
                init::weight(shape, rng)
            }
        };
        let parameters = PARAMETERS.into_iter().map(tensor).collect::<Result<Vec<_>>>()?;
        Self::on(device, algorithm, parameters)
    }

    fn on(device: D, algorithm: Algorithm<V>, parameters: Vec<Tensor>) -> Result<Self> {
        let parameter = |tensor| device.upload(tensor).map(Var::parameter);
        let parameters = parameters.into_iter().map(parameter).collect::<Result<_>>()?;
        Ok(Self { parameters, algorithm, device })
    }

    /// A network with these parameters, by name, in any order.
    ///
    /// # Errors
    /// If one is missing, unknown, of another shape, or not made of finite numbers: a network that
    /// is not a number anywhere would still classify, always as the first class. Or if the device fails.
    pub fn from_named(device: D, algorithm: Algorithm<V>, mut named: Vec<(String, Tensor)>) -> Result<Self> {
        let mut take = |(name, shape): (&str, &[usize])| {
            let Some(i) = named.iter().position(|(n, _)| n == name) else {
                let names: Vec<_> = named.iter().map(|(name, _)| name).take(12).collect();
                return Err(Error::argument("parameters", names, format!("LeNet's, and {name} among them")));
            };
            match named.swap_remove(i).1 {
                tensor if tensor.shape() != shape => {
                    Err(Error::argument(name, tensor.shape(), format!("the shape {shape:?}")))
                }
                tensor => match tensor.data().iter().find(|x| !x.is_finite()) {
                    Some(x) => Err(Error::argument(name, x, "finite numbers")),
                    None => Ok(tensor),
                },
            }
        };
        let parameters = PARAMETERS.into_iter().map(&mut take).collect::<Result<_>>()?;
        match named.first() {
            Some((name, _)) => Err(Error::argument("parameters", name, "LeNet's ten and no others")),
            None => Self::on(device, algorithm, parameters),
        }
    }

    /// The parameters with their names, from wherever they are.
    ///
    /// # Errors
    /// If the device fails.
    pub fn named(&self) -> Result<Vec<(String, Tensor)>> {
        let download =
            |((name, _), p): (&(&str, _), &Var<V>)| Ok((name.to_string(), self.device.download(&p.value())?));
        PARAMETERS.iter().zip(&self.parameters).map(download).collect()
    }

    /// The parameters, for an optimiser.
    pub fn parameters(&self) -> &[Var<V>] {
        &self.parameters
    }

    /// The device that it runs on.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// The feature maps of images `[N, 1, 28, 28]`, after each of c1, s2, c3 and s4.
    ///
    /// # Errors
    /// If the images have another shape, or the device fails.
    pub fn features(&self, images: &Var<V>) -> Result<[Var<V>; 4]> {
        let [_, _, c3, c3_bias, ..] = &self.parameters[..] else { unreachable!("PARAMETERS has ten") };
        self.features_with(images, |s2| conv(&self.algorithm, &ConvSpec::default(), s2, c3, Some(c3_bias)))
    }

    /// The logits `[N, 10]` of images `[N, 1, 28, 28]`.
    ///
    /// # Errors
    /// If the images have another shape, or the device fails.
    pub fn forward(&self, images: &Var<V>) -> Result<Var<V>> {
        let [.., s4] = self.features(images)?; // the others are kept by nobody
        self.classify(&s4)
    }

    /// [`LeNet::forward`] with another layer in the place of the second convolution, from
    /// `[N, 6, 14, 14]` to `[N, 16, 10, 10]`. The parameters of c3 aren't used.
    ///
    /// # Errors
    /// As `forward`, and if the layer fails.
    pub fn forward_with(&self, images: &Var<V>, c3: impl Layer<V>) -> Result<Var<V>> {
        let [.., s4] = self.features_with(images, c3)?;
        self.classify(&s4)
    }

    // ANCHOR: forward
    /// From images to feature maps; `c3` is the second convolution.
    fn features_with(&self, images: &Var<V>, c3: impl Layer<V>) -> Result<[Var<V>; 4]> {
        let [c1, c1_bias, ..] = &self.parameters[..] else { unreachable!("PARAMETERS has ten") };
        let nn = &self.device;
        let c1 = nn.relu(&conv(&self.algorithm, &ConvSpec::default(), images, c1, Some(c1_bias))?)?;
        let s2 = nn.adaptive_avg_pool([14, 14], &c1)?;
        let c3 = nn.relu(&c3(&s2)?)?;
        let s4 = nn.adaptive_avg_pool([5, 5], &c3)?;
        Ok([c1, s2, c3, s4])
    }

    /// From the last feature maps `[N, 16, 5, 5]` to logits `[N, 10]`.
    fn classify(&self, s4: &Var<V>) -> Result<Var<V>> {
        let [.., l5, l5_bias, l6, l6_bias, l7, l7_bias] = &self.parameters[..] else {
            unreachable!("PARAMETERS has ten")
        };
        let nn = &self.device;
        let x = nn.flatten(s4)?;
        let x = nn.relu(&nn.linear(&x, l5, Some(l5_bias))?)?;
        let x = nn.relu(&nn.linear(&x, l6, Some(l6_bias))?)?;
        nn.linear(&x, l7, Some(l7_bias))
    }
    // ANCHOR_END: forward
}

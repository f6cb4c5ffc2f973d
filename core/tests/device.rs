//! A model written for any device, on the CPU.

use unrolled::nn::{Cpu, Device};
use unrolled::{Result, Tensor, Value, Var, init, nn};

/// Two numbers out of images, by each of the layers.
fn loss<V: Value>(device: &impl Device<V>, images: &Var<V>, [w, b]: &[Var<V>; 2], labels: &[usize]) -> Result<Var<V>> {
    let x = device.flatten(&device.adaptive_avg_pool([3, 2], images)?)?;
    let x = device.relu(&device.linear(&x, w, Some(b))?)?;
    device.softmax_cross_entropy(&device.linear(&x, w, None)?, labels)
}

#[test]
fn the_cpu_is_a_device() -> Result<()> {
    let mut rng = init::rng(1);
    let mut random = |shape: &[usize]| init::uniform::<f32>(shape, 1.0, &mut rng);
    let upload = |t: &Tensor| Cpu.upload(t.clone()).map(Var::parameter);
    let [images, w, b] = [random(&[5, 1, 7, 4])?, random(&[6, 6])?, random(&[6])?];
    let labels = [0, 5, 2, 3, 3];

    let (x, p) = (upload(&images)?, [upload(&w)?, upload(&b)?]);
    let got = loss(&Cpu, &x, &p, &labels)?;
    got.backward()?;

    let [y, v, c] = [images, w, b].map(Var::parameter);
    let flat = nn::flatten(&nn::adaptive_avg_pool([3, 2], &y)?)?;
    let hidden = nn::relu(&nn::linear(&flat, &v, Some(&c))?)?;
    let expected = nn::softmax_cross_entropy(&nn::linear(&hidden, &v, None)?, &labels)?;
    expected.backward()?;
    assert_eq!(Cpu.download(&got.value())?, expected.value());
    assert_eq!([x.grad(), p[0].grad(), p[1].grad()], [y.grad(), v.grad(), c.grad()]);
    Ok(())
}

#[test]
fn the_way_to_the_cpu_and_back_copies_nothing() -> Result<()> {
    let tensor = Tensor::new(&[2], vec![1.0, 2.0])?;
    let place = tensor.data().as_ptr();
    let value = Cpu.upload(tensor)?;
    assert_eq!((value.data().as_ptr(), Cpu.download(&value)?.data().as_ptr()), (place, place));
    Ok(())
}

//! Several sessions in one thread.

use host::{Grid, Session, size};
use rustacuda::context::ContextStack;
use std::env;
use std::process::Command;
use unrolled::{Result, Tensor, Value};

host::kernels! {
    /// Kernels of these tests.
    mod kernels from "kernels.ptx";

    /// z[i] = a x[i] + (table[i mod m] + shift), a thread for each of `count` elements.
    fn scaled(x: &GpuTensor, table: &GpuVec, z: &mut GpuTensor, count: u32, m: u32, shift: i32, a: f32);
}

/// Works in turns with two sessions; z = 2 x + 1 in each.
fn in_turns(sessions: [&Session; 2]) -> Result<()> {
    let x =
        sessions.map(|session| session.upload(&Tensor::from_fn(&[300], |i| (i + session.device()) as f32).unwrap()));
    let [x0, x1] = x;
    let tensors = [x0?, x1?];
    let mut outputs = Vec::new();
    for (session, x) in sessions.into_iter().zip(&tensors) {
        let mut z = session.scratch(&[300])?;
        let table = session.upload_u32(&[0])?;
        kernels::scaled(session, Grid::cover(300, 128)?, x, &table, &mut z, size("elements", 300)?, 1, 1, 2.0)?;
        outputs.push(z);
    }
    for (session, z) in sessions.into_iter().zip(outputs) {
        assert_eq!(z.download()?, Tensor::from_fn(&[300], |i| (2 * (i + session.device()) + 1) as f32)?);
    }
    Ok(())
}

#[test]
fn two_on_one_device() -> Result<()> {
    let [a, b] = [Session::new()?, Session::new()?];
    in_turns([&a, &b])?;
    drop(a); // the one that the thread didn't use last
    in_turns([&b, &Session::new()?])?;
    in_turns([&b, &b])
}

#[test]
fn nothing_is_left_on_the_thread_s_stack_of_contexts() -> Result<()> {
    let session = Session::new()?;
    assert!(ContextStack::pop().is_err());
    session.full(&[3], 1.0)?;
    drop(session);
    assert!(ContextStack::pop().is_err());
    Ok(())
}

/// In a process of its own, whose simulated machine has two devices.
#[test]
fn two_devices() -> Result<()> {
    if env::var("UNROLLED_SIM_DEVICES").as_deref() != Ok("2") {
        let test = Command::new(env::current_exe().expect("a path"))
            .args(["two_devices", "--exact", "--nocapture"])
            .envs([("UNROLLED_SIM_DEVICES", "2"), ("UNROLLED_CUDA", "sim")])
            .output()
            .expect("it starts");
        let [out, err] = [test.stdout, test.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(test.status.success() && out.contains("1 passed"), "{out}\n{err}");
        return Ok(());
    }
    assert_eq!(Session::devices()?, 2);
    let [a, b] = [Session::on(0)?, Session::on(1)?];
    assert_eq!([a.device(), b.device()], [0, 1]);
    in_turns([&a, &b])?;
    let x = a.full(&[3], 1.0)?;
    drop((a, b));
    assert_eq!(x.download()?.data(), [1.0; 3]);
    Ok(())
}

#[test]
fn a_device_that_isn_t_there() -> Result<()> {
    let devices = Session::devices()?;
    let e = Session::on(devices).expect_err("no such device").to_string();
    assert_eq!(e, format!("device: got {devices}, expected one of the {devices}, counted from 0"));
    Ok(())
}

#[test]
fn tensors_of_another_session_are_refused() -> Result<()> {
    let [a, b] = [Session::new()?, Session::new()?];
    let grid = Grid::cover(4, 32)?;
    let e = a.full(&[4], 1.0)?.accumulate(&b.full(&[4], 1.0)?).expect_err("two sessions").to_string();
    assert!(e.starts_with("x: got a tensor of Session { device: 0"), "{e}");
    let [x, mut z, table] = [a.full(&[4], 1.0)?, b.full(&[4], 1.0)?, a.full(&[1], 1.0)?];
    let labels = [a.upload_u32(&[0])?, b.upload_u32(&[0])?];
    let e = kernels::scaled(&a, grid, &x, &labels[0], &mut z, 4, 1, 0, 1.0).expect_err("an output of another session");
    assert!(e.to_string().starts_with("z: got a tensor of Session"), "{e}");
    let e = kernels::scaled(&a, grid, &x, &labels[1], &mut table.clone(), 4, 1, 0, 1.0).expect_err("a list of another");
    assert!(e.to_string().starts_with("table: got a tensor of Session"), "{e}");
    Ok(())
}

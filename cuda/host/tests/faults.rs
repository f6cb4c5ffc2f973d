//! Kernels that go wrong: the error says where, and nothing panics.

use host::{GpuTensor, Grid, Session};
use unrolled::{Result, Value};

host::kernels! {
    /// Kernels of these tests.
    mod kernels from "kernels.ptx";

    /// x[i + offset] = 1, without a look at how many elements there are.
    fn far(x: &mut GpuTensor, offset: u32);
}

/// The number of the line of kernels.ptx that holds this text.
fn line_of(text: &str) -> usize {
    kernels::PTX.lines().position(|line| line.contains(text)).expect("the text is there") + 1
}

/// A session whose kernel fails when it runs, and what it fails at: thread 5 of block 1 writes past the end of 37
/// elements. `None` on a GPU: a failure there leaves the whole process without one, and GPUs don't say where it was.
fn failing() -> Result<Option<(Session, GpuTensor)>> {
    let session = Session::new()?;
    if !session.is_simulated() {
        return Ok(None);
    }
    let mut x = session.full(&[37], 0.0)?;
    kernels::far(&session, Grid::new([2, 1, 1], [32, 1, 1])?, &mut x, 0)?; // asynchronous, so no error yet
    Ok(Some((session, x)))
}

/// What a session says in which the sanitizer stopped another kernel.
fn another_failure() -> Result<String> {
    let session = Session::new()?;
    let mut x = session.full(&[64], 0.0)?;
    drop(session.full(&[64], 0.0)?); // the scratch isn't this memory again
    x.accumulate(&session.scratch(&[64])?)?;
    Ok(x.download().expect_err("what was never written was read").to_string())
}

#[test]
fn the_error_names_kernel_line_block_and_thread() -> Result<()> {
    let Some((session, _x)) = failing()? else { return Ok(()) };
    let first = session.synchronize().expect_err("the kernel failed").to_string();
    assert!(first.starts_with(&format!("running kernels on {}: kernel far, PTX line ", session.name())), "{first}");
    let place = format!("line {}, block (1, 0, 0), thread (5, 0, 0)", line_of("st.global.f32      [%at], %one"));
    assert!(first.contains(&place), "{place}: {first}");
    assert!(!first.contains('\n'));

    // From now on everything fails, with the same words.
    assert_eq!(session.synchronize().expect_err("still").to_string(), first);
    assert_eq!(session.full(&[1], 1.0).expect_err("still").to_string(), first);
    assert_eq!(session.upload_u32(&[1]).expect_err("still").to_string(), first);

    // Whatever happens in another session.
    let e = another_failure()?;
    assert!(e.contains("kernel accumulate"), "{e}");
    assert_eq!(session.synchronize().expect_err("still").to_string(), first);
    Ok(())
}

#[test]
fn everything_is_dropped_quietly_and_a_new_session_works() -> Result<()> {
    for order in 0..3 {
        let Some((session, x)) = failing()? else { return Ok(()) };
        let (y, empty) = (x.clone(), session.upload_u32(&[])?);
        match order {
            0 => drop((x, session, empty, y)), // in dropping y the kernel runs and fails
            1 => {
                assert!(x.download().is_err());
                drop((session, y, x, empty));
            }
            _ => {
                assert!(session.synchronize().is_err());
                drop((y, empty, x, session));
            }
        }
        let session = Session::new()?;
        assert_eq!(session.full(&[2], 1.0)?.download()?.data(), [1.0; 2]);
    }
    Ok(())
}

#[test]
fn a_failure_found_in_a_drop_is_not_lost() -> Result<()> {
    let Some((session, x)) = failing()? else { return Ok(()) };
    drop(x);
    another_failure()?; // which is the last one of this thread now
    let e = session.synchronize().expect_err("the kernel failed").to_string();
    assert!(e.contains("kernel far"), "{e}");
    Ok(())
}

#[test]
fn other_errors_are_not_taken_for_the_last_fault() -> Result<()> {
    let Some((session, _x)) = failing()? else { return Ok(()) };
    assert!(session.synchronize().is_err());
    let session = Session::new()?;
    let e = session.scratch(&[i32::MAX as usize]).expect_err("8 GB, more than a simulated device has").to_string();
    assert!(e.starts_with(&format!("allocating 8589934588 bytes on {}: OutOfMemory", session.name())), "{e}");
    session.synchronize()
}

//! Memory that is used again, and memory that isn't.

use super::*;
use unrolled::Value;

/// Tensors of 1000 and of 1001 elements, dropped.
fn dropped(session: &Session) -> Result<usize> {
    let x = session.full(&[1000], 1.0)?;
    session.full(&[1001], 1.0)?;
    Ok(x.buffer().address().as_raw() as usize)
}

#[test]
fn a_pool_hands_out_memory_again() -> Result<()> {
    let session = Session::open(0, true)?;
    let address = dropped(&session)?;
    let x = session.scratch(&[10, 100])?;
    assert_eq!(x.buffer().address().as_raw() as usize, address);
    assert_eq!(x.download()?.data(), [1.0; 1000]); // what its memory last held
    assert_ne!(session.scratch(&[1000])?.buffer().address().as_raw() as usize, address);
    Ok(())
}

/// What is queued for memory's last user comes before what its next user does with it.
#[test]
fn the_next_user_of_memory_waits_for_the_last_one() -> Result<()> {
    let session = Session::open(0, true)?;
    dropped(&session)?; // its kernels are still queued
    let values = Tensor::from_fn(&[1000], |i| i as f32)?;
    let x = session.upload(&values)?;
    assert_eq!(x.download()?, values);
    let mut y = x.clone();
    y.accumulate(&x)?; // into a copy of its own
    drop(x);
    let z = session.upload(&Tensor::zeros(&[1000])?)?;
    assert_eq!(y.download()?, values.map(|x| 2.0 * x));
    assert_eq!(z.download()?.data(), [0.0; 1000]);
    Ok(())
}

#[test]
fn a_pool_gives_way_where_memory_runs_out() -> Result<()> {
    let session = Session::open(0, true)?;
    if !session.is_simulated() {
        return Ok(()); // a real GPU may well have 8 GB
    }
    dropped(&session)?;
    drop(session.upload_u32(&[1, 2, 3])?);
    assert_eq!((session.0.floats.borrow().len(), session.0.words.borrow().len()), (2, 1));
    assert!(session.scratch(&[i32::MAX as usize]).is_err());
    assert_eq!((session.0.floats.borrow().len(), session.0.words.borrow().len()), (0, 0));
    session.full(&[1000], 1.0)?.download().map(drop)
}

#[test]
fn without_a_pool_the_sanitizer_sees_what_was_never_written() -> Result<()> {
    for pooled in [false, true] {
        let session = Session::open(0, pooled)?;
        if !session.is_simulated() {
            return Ok(());
        }
        let mut sum = session.full(&[1000], 1.0)?;
        dropped(&session)?;
        sum.accumulate(&session.scratch(&[1000])?)?;
        assert_eq!(sum.download().is_ok(), pooled);
    }
    Ok(())
}

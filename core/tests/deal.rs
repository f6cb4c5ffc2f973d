//! Lines dealt out and collected, and the strips made of them, on every instruction set of this machine.

use unrolled::Real;
use unrolled::gemm::Rounds;
use unrolled::simd::Isa;
use unrolled::strip::Strip;

fn numbers<T: Real>(len: usize) -> Vec<T> {
    (0..len).map(|i| T::of(i as f64 + 1.0)).collect()
}

/// Against the definition, there and back: every step up to 5, any players, lines of any length, in slices that are as short
/// as may be, and nothing is written between the lines.
fn dealt_and_collected<T: Real>() {
    for isa in Isa::available() {
        for (step, players) in (1..=5).flat_map(|step| (1..=step).map(move |players| (step, players))) {
            for len in 1..=40 {
                let (count, together, apart) = (3, len * step + 1, len + 2);
                let player = count * apart + 1;
                let rounds = Rounds { count, len, step, players, together, apart, player };
                let from = numbers::<T>(2 * together + len * step);
                let mut to = vec![T::ZERO; (players - 1) * player + 2 * apart + len];
                T::kernel(isa).deal(&rounds, &from, &mut to);
                let mut expected = vec![T::ZERO; to.len()];
                for (p, y, i) in (0..players).flat_map(|p| (0..3 * len).map(move |j| (p, j / len, j % len))) {
                    expected[p * player + y * apart + i] = from[y * together + i * step + p];
                }
                assert_eq!(to, expected, "{isa:?}, {rounds:?}");

                if players == step {
                    let mut back = vec![T::ZERO; from.len()];
                    T::kernel(isa).collect(&rounds, &to, &mut back);
                    let mut expected = from.clone();
                    expected[together - 1] = T::ZERO;
                    expected[2 * together - 1] = T::ZERO;
                    assert_eq!(back, expected, "{isa:?}, {rounds:?}");
                }
            }
        }
    }
}

#[test]
fn in_f32() {
    dealt_and_collected::<f32>();
}

#[test]
fn in_f64() {
    dealt_and_collected::<f64>();
}

#[test]
fn refuses_what_does_not_fit() {
    let refuses = |together: usize, apart: usize, rounds: Rounds| {
        std::panic::catch_unwind(|| {
            let (from, mut to) = (vec![1.0_f32; together], vec![0.0; apart]);
            f32::kernel(Isa::current()).deal(&rounds, &from, &mut to);
        })
        .is_err()
    };
    // Two lines of three rounds of two: from 7 on, six; and for the second player from 20 + 4 on, three.
    let rounds = Rounds { count: 2, len: 3, step: 2, players: 2, together: 7, apart: 4, player: 20 };
    assert!(!refuses(13, 27, rounds));
    assert!(refuses(12, 27, rounds));
    assert!(refuses(13, 26, rounds));
    assert!(refuses(99, 99, Rounds { players: 3, ..rounds }));
    for huge in [usize::MAX, usize::MAX / 2] {
        assert!(refuses(99, 99, Rounds { count: huge, ..rounds }));
        assert!(refuses(99, 99, Rounds { len: huge, ..rounds }));
        assert!(refuses(99, 99, Rounds { together: huge, ..rounds }));
        assert!(refuses(99, 99, Rounds { apart: huge, ..rounds }));
        assert!(refuses(99, 99, Rounds { player: huge, ..rounds }));
    }
    assert!(!refuses(0, 0, Rounds { count: 0, together: usize::MAX, ..rounds }));
}

/// A strip against what its layout says, for images that lie in it in every way: with padding on any side, in part, in
/// whole, or not at all.
#[test]
fn a_strip_has_the_image_where_it_says() {
    for (step, start, width) in (1..=5)
        .flat_map(|step| (-7..=7).map(move |start| (step, start)))
        .flat_map(|(a, b)| [1_usize, 2, 5, 33, 40].map(|width| (a, b, width)))
    {
        for phases in 1..=step {
            let (channels, image, count) = (2, [2, 3, width], [2, 4, width.div_ceil(step) + 3]);
            let strip = Strip::new(channels, image, [1, 2, step], [1, 2, phases], count, [-1, -2, start]);
            let x = numbers::<f32>(channels * image.iter().product::<usize>());
            let mut got = vec![-1.0; strip.elements()];
            strip.fill(&x, &mut got);
            let mut seen = vec![false; got.len()];
            for i in 0..channels * count[0] * (2 * count[1]) * strip.line() * phases {
                let (c, rest) = (i % channels, i / channels);
                let (z, rest) = (rest % count[0], rest / count[0]);
                let (y, rest) = (rest % (2 * count[1]), rest / (2 * count[1]));
                let u = rest / phases * step + rest % phases;
                let at = strip.offset(c, [z, y, u]);
                let place = [z as isize - 1, y as isize - 2, u as isize + start];
                let inside = place.iter().zip(image).all(|(&i, n)| (0..n as isize).contains(&i));
                let [iz, iy, ix] = place.map(|i| i as usize);
                let expected = if inside { x[((c * image[0] + iz) * image[1] + iy) * width + ix] } else { 0.0 };
                assert_eq!(got[at], expected, "step {step}, {phases} phases, from {start}, {width} wide: {place:?}");
                seen[at] = true;
            }
            let unseen = got.iter().zip(&seen).filter(|&(&x, &seen)| !seen && x != 0.0).count();
            assert_eq!(unseen, 0, "step {step}, {phases} phases, from {start}, {width} wide");
        }
    }
}

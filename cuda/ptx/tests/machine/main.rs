//! What the machine does with kernels; here, a kernel on buffers in one call.

mod accesses;
mod atomics;
mod control;
mod lanes;
mod launches;
mod profile;
mod races;
mod registers;

use ptx::{Fault, Launch, Memory, Observation, Options, observe, parse};
use std::sync::Arc;

/// The shape of a launch: blocks and threads along x.
#[derive(Clone, Copy)]
struct Shape(u32, u32);

/// A kernel `k` with these statements. Its parameters are the addresses of the buffers; it finds them in `%p0 %p1 %p2`, its
/// place in `%tid`, `%block`, `%i` (in the grid), `%lane`, and has the registers `%a..%f` (32 bits), `%x %y` (`.f32`), `%w`
/// (64 bits), `%q %r` (predicates).
fn source(buffers: usize, body: &str) -> String {
    let params: Vec<String> = (0..buffers).map(|i| format!(".param .u64 p{i}")).collect();
    let loads: String = (0..buffers).map(|i| format!("ld.param.u64 %p{i}, [p{i}];\n")).collect();
    format!(
        ".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry k({})
{{
    .reg .pred %q, %r;
    .reg .b32 %a, %b, %c, %d, %e, %f, %thread, %block, %i, %lane, %size;
    .reg .f32 %x, %y;
    .reg .b64 %w, %v, %p<4>;
    {loads}
    mov.u32 %thread, %tid.x;
    mov.u32 %block, %ctaid.x;
    mov.u32 %size, %ntid.x;
    mov.u32 %lane, %laneid;
    mad.lo.u32 %i, %block, %size, %thread;
    {body}
    ret;
}}",
        params.join(", ")
    )
}

/// Runs that kernel. What was in a buffer is replaced by what is in it afterwards, also after a fault; an empty `Vec` with a
/// capacity is memory that nobody has written.
fn try_run(body: &str, shape: Shape, options: Options, buffers: &mut [Vec<u32>]) -> Result<Observation, Fault> {
    let module = parse(&source(buffers.len(), body)).unwrap_or_else(|e| panic!("{e}\n{}", source(buffers.len(), body)));
    let memory = Memory::new(0, 1 << 30);
    let bytes = |buffer: &[u32]| buffer.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let addresses: Vec<u64> = buffers
        .iter()
        .map(|buffer| {
            let address = memory.allocate(4 * buffer.capacity()).expect("enough memory");
            memory.write(address, &bytes(buffer)).expect("in bounds");
            address
        })
        .collect();
    let params = addresses.iter().flat_map(|x| x.to_le_bytes()).collect();
    let Shape(grid, block) = shape;
    let launch = Launch {
        kernel: module.kernels[0].clone(),
        grid: [grid, 1, 1],
        block: [block, 1, 1],
        shared_bytes: 0,
        params,
        symbols: Arc::new([]),
    };
    let (result, seen) = observe(options, || launch.run(&memory));
    for (buffer, address) in buffers.iter_mut().zip(addresses) {
        let mut out = vec![0; 4 * buffer.capacity()];
        memory.read(address, &mut out).expect("in bounds");
        *buffer = out.chunks_exact(4).map(|x| u32::from_le_bytes(x.try_into().expect("four bytes"))).collect();
    }
    result.map(|()| seen)
}

/// What each thread has in `%a` in the end; no fault is expected.
fn stored(body: &str, shape: Shape) -> Vec<u32> {
    let mut buffers = [Vec::with_capacity((shape.0 * shape.1) as usize)];
    let body = format!("{body} mad.wide.u32 %w, %i, 4, %p0; st.global.u32 [%w], %a;");
    try_run(&body, shape, Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
    let [out] = buffers;
    out
}

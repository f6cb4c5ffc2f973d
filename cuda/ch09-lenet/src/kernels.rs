//! The kernels of the layers, of the loss and of the optimiser.

host::kernels! {
    /// The activation between layers, and its gradient.
    pub mod activation from "activation.ptx";

    /// y\[i\] = max(x\[i\], 0), a thread for each of `count` elements. NaN stays NaN.
    fn relu(x: &GpuTensor, y: &mut GpuTensor, count: u32);

    /// dx\[i\] = dy\[i\] where y\[i\] > 0, and 0 elsewhere, a thread for each of `count` elements.
    fn relu_grad(y: &GpuTensor, dy: &GpuTensor, dx: &mut GpuTensor, count: u32);
}

host::kernels! {
    /// Adaptive average pooling, and its gradient.
    pub mod pool from "pool.ptx";

    /// From planes \[`height`, `width`\] to planes \[`down`, `right`\], a thread for each of `count` outputs.
    fn adaptive_avg_pool(
        x: &GpuTensor,
        y: &mut GpuTensor,
        height: u32,
        width: u32,
        down: u32,
        right: u32,
        count: u32,
    );

    /// From the gradient of planes \[`down`, `right`\] to that of planes \[`height`, `width`\], a thread for each of
    /// `count` inputs.
    fn adaptive_avg_pool_grad(
        dy: &GpuTensor,
        dx: &mut GpuTensor,
        height: u32,
        width: u32,
        down: u32,
        right: u32,
        count: u32,
    );
}

host::kernels! {
    /// Softmax cross-entropy, and its gradient.
    pub mod loss from "loss.ptx";

    /// y = ln softmax(x) for each row of `[rows, classes]`. Blocks of 32 × 4 threads, for four rows.
    fn log_softmax(x: &GpuTensor, y: &mut GpuTensor, rows: u32, classes: u32);

    /// loss = the mean of −log_p\[row, labels\[row\]\]. One block of 256 threads.
    fn cross_entropy(log_p: &GpuTensor, labels: &GpuVec, loss: &mut GpuTensor, rows: u32, classes: u32);

    /// dx = (exp(log_p) − onehot(labels)) dy / rows, a thread for each element.
    fn cross_entropy_grad(
        log_p: &GpuTensor,
        labels: &GpuVec,
        dy: &GpuTensor,
        dx: &mut GpuTensor,
        rows: u32,
        classes: u32,
    );
}

host::kernels! {
    /// Log-softmax as one writes it first: for comparison with [`loss`], nothing uses it.
    pub mod by_thread from "loss_by_thread.ptx";

    /// y = ln softmax(x) for each row of `[rows, classes]`, a thread for each row.
    fn log_softmax_by_thread(x: &GpuTensor, y: &mut GpuTensor, rows: u32, classes: u32);
}

host::kernels! {
    /// The optimiser.
    pub mod optimiser from "adam.ptx";

    /// A step of Adam for a parameter `w` with the means `m` and `v` and the gradient `g`, a thread for each of `count`
    /// elements.
    fn adam(
        w: &mut GpuTensor,
        m: &mut GpuTensor,
        v: &mut GpuTensor,
        g: &GpuTensor,
        count: u32,
        one_less_beta1: f32,
        beta2: f32,
        one_less_beta2: f32,
        step: f32,
        root: f32,
        epsilon: f32,
    );
}

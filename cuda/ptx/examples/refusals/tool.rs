//! What `refusals` does, as a function: the tests call it, too.

/// Each is line 10 of a kernel that is right without it.
const WRONG: [&str; 7] = [
    "mul.f32 %a, %a, %a;",
    "add.rn.f32 %a, %a, %b;",
    "mad.lo.u32 %at, %i, 4, %x;",
    "ld.shared.f32 %a, [%a];",
    "add.rn.u32 %i, %i, %i;",
    "bra NOWHERE;",
    "cp.async.ca.shared.global [%at], [%x], 16;",
];

/// Each of them, and what the parser says.
pub fn refusals() -> String {
    let refused = |line: &&str| {
        let source = format!(
            ".version 6.0\n.target sm_50\n.address_size 64\n\n.visible .entry refused()\n{{\n    .reg .f32 %a;\n    .reg \
             .u32 %i;\n    .reg .u64 %x, %at;\n    {line}\n    ret;\n}}\n"
        );
        let error = ptx::parse(&source).expect_err("it is wrong");
        format!("{line}\n    {error}\n")
    };
    let text: String = WRONG.iter().map(refused).collect();
    text.trim_end().into()
}

// Figures that can be played with. Each is a finished drawing in the page; what is here takes its numbers from the
// drawing and draws it again for what the reader chooses. Without JavaScript the drawing stays as it is.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing, put into `parent`. */
function draw(parent, name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
}

/** An element of the page, put into `parent`. */
function put(parent, name, attributes, text) {
    const element = document.createElement(name);
    Object.assign(element, attributes);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
}

/** A choice of numbers with a label; `changed` is called with the number chosen. */
function choice(parent, name, numbers, changed) {
    const label = put(parent, "label", {}, name + " ");
    const select = put(label, "select", {});
    for (const number of numbers) put(select, "option", { value: number }, number);
    select.addEventListener("change", () => changed(Number(select.value)));
    return select;
}

/** Chapter 1: a kernel slides over its input. */
function slidingWindow(figure) {
    const svg = figure.querySelector("svg");
    // The drawing's three grids, by their texts.
    const grids = [...svg.querySelectorAll("g")].map((g) => [...g.querySelectorAll("text.code")].map((t) => +t.textContent));
    const [input, kernel] = grids.map((numbers) => {
        const side = Math.round(Math.sqrt(numbers.length));
        return Array.from({ length: side }, (_, y) => numbers.slice(y * side, (y + 1) * side));
    });
    const spec = { stride: 1, padding: 0, dilation: 1 };
    const at = { y: 0, x: 0 };
    const [size, taps] = [input.length, kernel.length];
    const outputs = () => Math.floor((size + 2 * spec.padding - spec.dilation * (taps - 1) - 1) / spec.stride) + 1;

    /** The terms of output (y, x): the place on the padded input that each tap falls on, and what meets there. */
    function terms(y, x) {
        return kernel.flatMap((row, r) => row.map((weight, s) => {
            const [py, px] = [y * spec.stride + r * spec.dilation, x * spec.stride + s * spec.dilation];
            return { py, px, weight, value: input[py - spec.padding]?.[px - spec.padding] ?? 0 };
        }));
    }
    const sum = (y, x) => terms(y, x).reduce((total, { weight, value }) => total + weight * value, 0);

    const controls = put(figure, "div", { className: "controls" });
    const said = put(figure, "output", {});
    said.setAttribute("aria-live", "polite");
    for (const [name, numbers] of [["stride", [1, 2, 3]], ["padding", [0, 1, 2]], ["dilation", [1, 2]]]) {
        choice(controls, name, numbers, (number) => {
            spec[name] = number;
            show();
        });
    }
    put(controls, "button", { type: "button" }, "Back").addEventListener("click", () => step(-1));
    put(controls, "button", { type: "button" }, "Next").addEventListener("click", () => step(1));

    /** To the output before or behind, row by row, round and round. */
    function step(by) {
        const count = outputs() ** 2;
        const flat = (at.y * outputs() + at.x + by + count) % count;
        [at.y, at.x] = [Math.floor(flat / outputs()), flat % outputs()];
        show();
    }

    function grid(parent, side, cell, [left, top], number, look) {
        const group = draw(parent, "g", { transform: `translate(${left} ${top})` });
        for (let y = 0; y < side; y++) {
            for (let x = 0; x < side; x++) {
                const rect = draw(group, "rect", { x: x * cell, y: y * cell, width: cell, height: cell, class: look(y, x) });
                const middle = { x: (x + 0.5) * cell, y: (y + 0.5) * cell, dy: "0.35em" };
                const style = `font-size: ${Math.min(15, cell * 0.42)}px`;
                draw(group, "text", { ...middle, class: "code" + (rect.matches(".idle") ? " idle" : ""), style }, number(y, x));
            }
        }
        return group;
    }

    function show() {
        const [padded, out] = [size + 2 * spec.padding, outputs()];
        [at.y, at.x] = [Math.min(at.y, out - 1), Math.min(at.x, out - 1)];
        const cell = Math.min(44, 572 / (padded + taps + out), 236 / padded);
        const width = (padded + taps + out) * cell + 100;
        const [left, top, middle] = [(720 - width) / 2, 46, 46 + (padded * cell) / 2];
        const [window, touched] = [terms(at.y, at.x), new Set()];
        for (let y = 0; y < out; y++) {
            for (let x = 0; x < out; x++) terms(y, x).forEach(({ py, px }) => touched.add(py * padded + px));
        }
        const inside = (y, x) => input[y - spec.padding]?.[x - spec.padding];

        svg.querySelectorAll(":scope > :not(title, desc, style, .card)").forEach((element) => element.remove());
        grid(svg, padded, cell, [left, top], (y, x) => inside(y, x) ?? 0, (y, x) => {
            const hot = window.some(({ py, px }) => py === y && px === x) ? " hot" : "";
            const idle = touched.has(y * padded + x) && (hot || inside(y, x) !== undefined) ? "" : " idle";
            return "cell" + hot + idle;
        });
        for (const { py, px, weight } of window.filter(() => cell > 30)) {
            const place = { x: left + (px + 1) * cell - 10, y: top + (py + 1) * cell - 9.5, dy: "0.35em" };
            draw(svg, "text", { ...place, class: "small hot" }, `×${weight}`);
        }
        const reach = (spec.dilation * (taps - 1) + 1) * cell;
        const corner = { x: left + at.x * spec.stride * cell, y: top + at.y * spec.stride * cell };
        draw(svg, "rect", { ...corner, width: reach, height: reach, class: "frame" });
        const kernelAt = [left + padded * cell + 50, middle - (taps * cell) / 2];
        const outAt = [kernelAt[0] + taps * cell + 50, middle - (out * cell) / 2];
        grid(svg, taps, cell, kernelAt, (r, s) => kernel[r][s], () => "cell hot");
        const map = grid(svg, out, cell, outAt, sum, (y, x) => "cell choice" + (y === at.y && x === at.x ? " result" : ""));
        map.querySelectorAll("rect").forEach((rect, i) => rect.addEventListener("click", () => {
            [at.y, at.x] = [Math.floor(i / out), i % out];
            show();
        }));
        draw(svg, "text", { x: kernelAt[0] - 25, y: middle, dy: "0.35em", class: "large" }, "∗");
        draw(svg, "text", { x: outAt[0] - 25, y: middle, dy: "0.35em", class: "large" }, "=");
        for (const [text, x, y] of [
            [spec.padding ? "input, padded" : "input", left + (padded * cell) / 2, top],
            ["kernel", kernelAt[0] + (taps * cell) / 2, kernelAt[1]],
            ["feature map", outAt[0] + (out * cell) / 2, outAt[1]],
        ]) draw(svg, "text", { x, y: y - 18, dy: "0.35em", class: "soft" }, text);

        const products = window.map(({ weight, value }) => `${weight}·${value}`).join(" + ");
        const { stride, padding, dilation } = spec;
        const sizes = `⌊(${size} + 2·${padding} − ${dilation}·(${taps} − 1) − 1) / ${stride}⌋ + 1 = ${out} outputs along each axis`;
        draw(svg, "text", { x: 360, y: 302, dy: "0.35em", class: "soft" }, sizes);
        draw(svg, "text", { x: 360, y: 330, dy: "0.35em", class: "code" }, `${products} = ${sum(at.y, at.x)}`);
        said.textContent = `y[${at.y}, ${at.x}] = ${sum(at.y, at.x)}`;
        svg.querySelector("desc").textContent =
            `Stride ${stride}, padding ${padding}, dilation ${dilation}: output ${at.y}, ${at.x} is ${products} = ${sum(at.y, at.x)}.`;
    }

    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    figure.tabIndex = 0;
    figure.setAttribute("role", "group");
    figure.setAttribute("aria-label", "A sliding window. The arrow keys move it.");
    figure.addEventListener("keydown", (event) => {
        const move = moves[event.key];
        if (!move || event.target.matches("select")) return;
        // mdBook would turn the page.
        event.preventDefault();
        event.stopPropagation();
        at.y = Math.min(Math.max(at.y + move[0], 0), outputs() - 1);
        at.x = Math.min(Math.max(at.x + move[1], 0), outputs() - 1);
        show();
    });
    show();
}

/** Chapter 3: a tile of 4 × 4 inputs goes through the three transforms of F(2 × 2, 3 × 3). */
function winogradTile(figure) {
    const svg = figure.querySelector("svg");
    const BT = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]];
    const G = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]];
    const AT = [[1, 1, 1, 0], [0, 1, -1, 1]];
    const titles = ["input", "kernel", "transformed input", "transformed kernel", "products", "output"];
    // The drawing's six grids, by their texts.
    const stages = [...svg.querySelectorAll("g")].map((group, i) => {
        const [cells, texts] = [[...group.querySelectorAll("rect")], [...group.querySelectorAll("text")]];
        const [side, cell] = [Math.sqrt(cells.length), Number(cells[0].getAttribute("width"))];
        return { group, cells, texts, side, cell, letter: "dgvumy"[i], title: titles[i] };
    });
    const [D, KERNEL, V, U, M, Y] = stages;
    for (const stage of [D, KERNEL]) stage.values = stage.texts.map((text) => Number(text.textContent));
    const picked = { stage: M, at: 5 };
    const places = (side, visit) => Array.from({ length: side * side }, (_, at) => visit(Math.floor(at / side), at % side));

    /** What an element is the sum of: elements of the stage before, and what each is multiplied with. */
    const sumOf = (from, matrix) => (i, j) =>
        places(from.side, (a, b) => ({ stage: from, at: a * from.side + b, factor: matrix[i][a] * matrix[j][b] }))
            .filter(({ factor }) => factor !== 0);
    V.terms = sumOf(D, BT);
    U.terms = sumOf(KERNEL, G);
    M.terms = (i, j) => [V, U].map((stage) => ({ stage, at: i * 4 + j, factor: 1 }));
    Y.terms = sumOf(M, AT);
    for (const stage of stages) stage.terms = places(stage.side, stage.terms ?? (() => []));
    const made = (stage, at, by) => stage.terms[at].some((term) =>
        (term.stage === by.stage && term.at === by.at) || made(term.stage, term.at, by));

    function compute() {
        for (const stage of [V, U, Y]) {
            stage.values = stage.terms.map((terms) => terms.reduce((sum, { stage, at, factor }) => sum + factor * stage.values[at], 0));
            if (stage === U) M.values = V.values.map((v, at) => v * U.values[at]);
        }
    }

    const name = ({ stage, at }) => stage.letter + Math.floor(at / stage.side) + (at % stage.side);
    /** A sum, written with `term` of each of its terms; those of U are divided by a common number. */
    function written(terms, term) {
        const sum = terms.map((t, i) => (t.factor < 0 ? (i ? " − " : "−") : i ? " + " : "") + term(t)).join("");
        const under = 1 / Math.abs(terms[0].factor);
        return under === 1 ? sum : `(${sum}) / ${under}`;
    }
    const number = ({ stage, at }) => (stage.values[at] < 0 ? `(${stage.values[at]})` : `${stage.values[at]}`);

    /** Three lines about what is picked. */
    function said() {
        const { stage, at } = picked;
        const [terms, value] = [stage.terms[at], stage.values[at]];
        const users = stages.flatMap((user) => user.terms.flatMap((terms, at) =>
            terms.some((term) => term.stage === stage && term.at === picked.at) ? [{ stage: user, at }] : []));
        if (stage === D || stage === KERNEL) {
            return [`${name(picked)} = ${value}`, `a term of ${users.map(name).join(", ")}`, "press + or − to change it"];
        }
        if (stage === M) {
            const product = `${name(picked)} = ${terms.map(name).join(" × ")} = ${terms.map(number).join(" × ")} = ${value}`;
            return [product, `a term of ${users.map(name).join(", ")}`, ""];
        }
        const lines = [`${name(picked)} = ${written(terms, name)}`, `= ${terms[1] ? `${written(terms, number)} = ` : ""}${value}`];
        if (stage !== Y) return [...lines, `a factor of ${users.map(name).join(", ")}`];
        const [y, x] = [Math.floor(at / 2), at % 2];
        const direct = places(3, (r, s) => [KERNEL.values[r * 3 + s], D.values[(y + r) * 4 + x + s]]);
        const sum = direct.reduce((sum, [g, d]) => sum + g * d, 0);
        return [...lines, `by the definition: ${direct.map(([g, d]) => `${g}·${d}`).join(" + ")} = ${sum}`];
    }

    function show() {
        compute();
        svg.querySelectorAll("text.said, text.sign").forEach((text) => text.remove());
        for (const stage of stages) {
            stage.values.forEach((value, at) => {
                const here = { stage, at };
                const self = stage === picked.stage && at === picked.at;
                const hot = made(picked.stage, picked.at, here) || made(stage, at, picked);
                stage.cells[at].setAttribute("class", "cell choice" + (self ? " result" : hot ? " hot" : ""));
                stage.texts[at].textContent = value;
                stage.texts[at].style.fontSize = `${Math.min(13, 55 / `${value}`.length)}px`;
            });
        }
        /** The sign of a term, in the corner of its cell. */
        const sign = ({ side, cell, group }, at, factor) => draw(group, "text", {
            x: ((at % side) + 1) * cell - 6, y: (Math.floor(at / side) + 1) * cell - 7, dy: "0.35em", class: "small hot sign",
        }, factor < 0 ? "−" : "+");
        if (picked.stage !== M) picked.stage.terms[picked.at].forEach(({ stage, at, factor }) => sign(stage, at, factor));
        for (const stage of [V, U, Y]) {
            stage.terms.forEach((terms, at) => terms.forEach((term) => {
                if (term.stage === picked.stage && term.at === picked.at) sign(stage, at, term.factor);
            }));
        }
        const lines = said();
        lines.forEach((line, i) => {
            const style = `font-size: ${Math.min(13, 1130 / line.length)}px`;
            draw(svg, "text", { x: 360, y: 446 + 21 * i, dy: "0.35em", class: "code said", style }, line);
        });
        output.textContent = `${picked.stage.title}: ${name(picked)} = ${picked.stage.values[picked.at]}`;
        svg.querySelector("desc").textContent = `${picked.stage.title}, row and column counted from 0. ${lines.filter(Boolean).join("; ")}.`;
        for (const [button, by] of [[less, -1], [more, 1]]) button.disabled = !canChange(by);
    }

    const canChange = (by) => {
        const value = picked.stage.values[picked.at] + by;
        return [D, KERNEL].includes(picked.stage) && value >= -3 && value <= 3;
    };
    function change(by) {
        if (!canChange(by)) return;
        picked.stage.values[picked.at] += by;
        show();
    }
    /** To the stage before or behind, at the same place if there is one. */
    function step(by) {
        const from = picked.stage;
        const [y, x] = [Math.floor(picked.at / from.side), picked.at % from.side];
        picked.stage = stages[(stages.indexOf(from) + by + stages.length) % stages.length];
        const { side } = picked.stage;
        picked.at = Math.min(y, side - 1) * side + Math.min(x, side - 1);
        show();
    }

    const controls = put(figure, "div", { className: "controls" });
    const output = put(figure, "output", {});
    output.setAttribute("aria-live", "polite");
    const button = (text, press, label) => {
        const made = put(controls, "button", { type: "button" }, text);
        if (label) made.setAttribute("aria-label", label);
        made.addEventListener("click", press);
        return made;
    };
    button("Back", () => step(-1), "To the stage before");
    button("Next", () => step(1), "To the next stage");
    const less = button("−", () => change(-1), "One less");
    const more = button("+", () => change(1), "One more");
    for (const stage of stages) {
        stage.cells.forEach((cell, at) => [cell, stage.texts[at]].forEach((element) => element.addEventListener("click", () => {
            [picked.stage, picked.at] = [stage, at];
            show();
        })));
    }

    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    figure.tabIndex = 0;
    figure.setAttribute("role", "group");
    figure.setAttribute("aria-label", "A tile goes through its transforms. The arrow keys choose a number, plus and minus change it.");
    figure.addEventListener("keydown", (event) => {
        const [move, by] = [moves[event.key], { "+": 1, "-": -1 }[event.key]];
        if ((!move && !by) || event.ctrlKey || event.metaKey) return;
        // mdBook would turn the page.
        event.preventDefault();
        event.stopPropagation();
        if (by) return change(by);
        const { side } = picked.stage;
        const inside = (n) => Math.min(Math.max(n, 0), side - 1);
        picked.at = inside(Math.floor(picked.at / side) + move[0]) * side + inside((picked.at % side) + move[1]);
        show();
    });
    show();
}

const FIGURES = { "sliding-window": slidingWindow, "winograd-stages": winogradTile };
for (const figure of document.querySelectorAll("figure.play")) FIGURES[figure.dataset.play]?.(figure);

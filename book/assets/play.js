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

const FIGURES = { "sliding-window": slidingWindow };
for (const figure of document.querySelectorAll("figure.play")) FIGURES[figure.dataset.play]?.(figure);

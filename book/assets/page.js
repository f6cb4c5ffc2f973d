"use strict";

// Two roles that mdBook's frame leaves out, for those who hear the page.
document.getElementById("mdbook-sidebar-toggle")?.setAttribute("role", "button");
document.getElementById("mdbook-menu-bar")?.setAttribute("role", "banner");

// What is wider than the page can be reached, and scrolled, with the keyboard.
for (const code of document.querySelectorAll("pre > code")) {
    if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
}

// Colours for PTX, which highlight.js doesn't know.
if (typeof hljs !== "undefined") {
    hljs.registerLanguage("ptx", () => ({
        contains: [
            { className: "comment", begin: "//", end: "$" },
            { className: "variable", begin: /%[a-zA-Z_]\w*(\.[xyz])?/ },
            { className: "number", begin: /\b(0[fx][0-9a-fA-F]+|\d+)\b/ },
            { className: "symbol", begin: /^[A-Z][A-Z_]*:/ },
            { className: "keyword", begin: /\b(bra|ret|bar\.sync)\b/ },
            { className: "built_in", begin: /\b[a-z]+(\.[a-z0-9]+)+\b/ },
        ],
    }));
    for (const code of document.querySelectorAll("code.ptx")) {
        code.className = "language-ptx";
        hljs.highlightBlock(code);
    }
}

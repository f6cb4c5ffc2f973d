// Two roles that mdBook's frame leaves out, for those who hear the page.
document.getElementById("mdbook-sidebar-toggle")?.setAttribute("role", "button");
document.getElementById("mdbook-menu-bar")?.setAttribute("role", "banner");

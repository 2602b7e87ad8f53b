// For browsers that are too old for the page, in JavaScript that they read: a page that does not start shows a sentence.

(function () {
  function show() {
    var page = document.documentElement;
    if (!page.getAttribute("data-started")) document.getElementById("too-old").style.display = "block";
  }

  function watch() {
    if (!("noModule" in document.createElement("script"))) show();
  }

  window.addEventListener("error", show);
  window.addEventListener("unhandledrejection", show);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
  else watch();
}());

// The first script, in JavaScript that old browsers read: a page that does not start in them shows a sentence. And what the
// page needs before it can show anything is asked for at once, while its modules are on their way.

(function () {
  function show() {
    var page = document.documentElement;
    if (!page.getAttribute("data-started")) document.getElementById("too-old").style.display = "block";
  }

  function watch() {
    if (!("noModule" in document.createElement("script"))) show();
  }

  /** Ask for each of these; base/session.js takes the answers. */
  function ask(paths) {
    window.asked = {};
    paths.forEach(function (path) {
      window.asked[path] = fetch(new URL(path, document.baseURI));
      window.asked[path].catch(function () {}); // who takes the answer learns of it
    });
  }

  function early() {
    var languages = navigator.languages || [];
    var language = localStorage.getItem("language") || String(languages[0]).split("-")[0];
    var paths = ["texts/" + language + ".json"];
    if (localStorage.getItem("session") && !/token=/.test(location.hash)) paths.push("v1/session", "v1/state");
    ask(paths);
  }

  window.addEventListener("error", show);
  window.addEventListener("unhandledrejection", show);
  if (window.fetch && document.currentScript.hasAttribute("data-early")) early();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
  else watch();
}());

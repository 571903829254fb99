"""The playground: iamsim in the browser, by Pyodide (`iamsim play`).

`page/` is what the browser gets; `files` puts it together with Pyodide, CodeMirror and this
package, `server` serves it. `worker` and the modules below it run in the browser: data in, data
out. Nothing here decides or explains: the rooms below do.
"""

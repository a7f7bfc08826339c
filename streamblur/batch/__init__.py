"""Many files at once: what is to be done, doing it in worker processes, and remembering what was done.

    gather ─▶ plan ─▶ journal ─▶ running ─▶ work, in an Executor ─▶ journal, export
    files     jobs    what is left          compose.run on one file

Nothing here looks at pixels: every file goes through ``compose.run``, each as if it were alone.
"""

"""The page: photos and recordings in, the same back with every face hidden, in a browser on this machine.

    browser ─▶ waitress ─▶ doorman ─▶ guard ─▶ routes ─▶ office ─▶ worker ─▶ child (fenced) ─▶ compose.run
               sockets     headers    session  answers    queue     watches   one per job, no network, no other files

The server never parses media: that is done by a child process for each job, which may be taken over by a hostile
file and then finds neither network nor other files, and speaks to the server only in short JSON messages.
"""

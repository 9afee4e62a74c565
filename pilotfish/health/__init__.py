"""What ``pilotfish doctor`` looks at: one file for each thing that may not work, and the fix.

``sign`` is the value that every check returns, ``checks`` the list of them. Checks look at the
real thing (start the engine, load the bindings, make a sandbox), change nothing, and never raise
for what they are there to find.
"""

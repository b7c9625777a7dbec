"""What is made to fail, and what must hold meanwhile (security.md 4.2 and 5).

| file | what fails | held against |
|---|---|---|
| test_stumbling_cast | an exception or a standstill at C1 to C13 | oracle.py |
| test_killed_cast, killed | SIGKILL at C1 to C13, and at any moment | oracle.py |
| test_behind_a_cast | the same three of the clock's jobs, C14 to C16 | a sound bundle |
| test_crowd, line | servers, database and line under many members at once | crowd.py |
| test_power_cut, test_full_disk | the disk | what was acknowledged |
| test_machine, said | any course of the ballot room (5a) | a second book of who said what |

C12, storing the receipt, is the browser's; whoever dies there asks again by K, as after C11.

The machine was shown to find, each put into the code by hand: K taken with other bytes; an attempt
kept beside its ballot; a member who is not told; a late attempt that leaves the result final; the
paper's time asked for the cast's; a paper handed in that is silence; answers counted on papers that
were replaced; a paper over a signed ballot; the root of another tree. It does not find what only
two at once can do (K looked at before the lock alone, which R-04 finds), nor that a sheet about
replaced papers still waits.

Not done yet: the machine has neither kills nor a full disk nor a clock that goes back within its
courses, and no Government that changes; a worker stopped (SIGSTOP) over the end; of R-11, the clock
of the application's machine stepped to and fro beside the database's (libfaketime); R-16 and R-18
(EIO, a disk that is read-only); R-20 and R-21 under casts; fail-over to a standby (R-19).
"""

/** Before the tests of each file: a server in a worker closes its files to others, which is not for those after it. */
process.umask(0o022);

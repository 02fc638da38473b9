// A test of a server waits half of its time, for the process to begin and for times to pass: with one test per core the cores wait too.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

// Most of these tests wait: for a failure to be noticed, for shards to move. Two at a time would leave two cores idle.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

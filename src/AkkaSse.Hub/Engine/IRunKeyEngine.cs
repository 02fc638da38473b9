namespace AkkaSse.Hub.Engine;

/// <summary>
/// A power of some stream engines: they keep the key of a run (<see cref="PublishOptions.KeyCoversRun"/>, <see cref="KeyedRun"/>) as one
/// entry. For the others the hub gives each item of the run a key of its own, which means the same and takes an entry per item.
/// </summary>
public interface IRunKeyEngine : IStreamEngine;

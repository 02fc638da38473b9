using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>Which streams do you know of?</summary>
internal sealed record ListNames(string Prefix, string? After, int Limit) : IWireMessage;

namespace AkkaSse.Cluster.Streams;

/// <summary>A key that covers items of a request.</summary>
/// <param name="Index">The first of them.</param>
/// <param name="Count">How many; one, or a run.</param>
/// <param name="Name">The key.</param>
/// <param name="Hash">Of the bytes of all of them.</param>
internal readonly record struct KeyUse(int Index, int Count, KeyName Name, ulong Hash);

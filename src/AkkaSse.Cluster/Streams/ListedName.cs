namespace AkkaSse.Cluster.Streams;

/// <summary>A stream as a node knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="FromOwner">Whether its owner is there: it knows best.</param>
/// <param name="Header">Where it stands.</param>
internal readonly record struct ListedName(string Name, bool FromOwner, StreamHeader Header);

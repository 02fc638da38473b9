using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Streams;

/// <summary>To an owner: look whether the stream has been idle for long enough. Answered with <see cref="Tidied"/>.</summary>
internal sealed record Tidy(string Entity) : IEntityMessage;

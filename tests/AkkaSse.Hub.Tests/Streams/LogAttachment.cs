using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Tests.Streams;

/// <summary>A node's hold on a log that no engine owns.</summary>
internal sealed class LogAttachment(StreamLog log) : IStreamAttachment
{
    public StreamLog Log => log;

    public bool Exists => true;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

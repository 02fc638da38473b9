namespace AkkaSse.Hub.Streams;

/// <summary>The log of one stream on one node.</summary>
public sealed class StreamLog;

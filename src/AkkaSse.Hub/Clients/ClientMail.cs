using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>The messages of a connection.</summary>
internal static class ClientMail
{
    /// <summary>It runs.</summary>
    internal sealed class Start : Mail;

    /// <summary>The peer has gone.</summary>
    internal sealed class Gone : Mail;

    /// <summary>It was disposed of before it ran.</summary>
    internal sealed class Abandon : Mail;

    /// <summary>It is known where a connection that waited starts. The answer says whether the connection was still there.</summary>
    internal sealed class Opened(Cursor[] cursors) : Mail
    {
        internal Cursor[] Cursors { get; } = cursors;

        internal TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The observers are through: streams may flow.</summary>
    internal sealed class Release : Mail;

    /// <summary>It ends without another byte.</summary>
    internal sealed class Cut(CloseReason reason) : Mail
    {
        internal CloseReason Reason { get; } = reason;
    }

    /// <summary>It ends, and the reader is told.</summary>
    internal sealed class Close(CloseReason reason, TimeSpan? retry) : Mail
    {
        internal CloseReason Reason { get; } = reason;

        internal TimeSpan? Retry { get; } = retry;
    }

    /// <summary>One of its streams was removed.</summary>
    internal sealed class StreamRemoved(Cursor cursor) : Mail
    {
        internal Cursor Cursor { get; } = cursor;
    }

    /// <summary>Its streams change. The answer is null, or why they did not.</summary>
    internal sealed class Change(List<Cursor> add, IReadOnlyList<string> remove) : Mail
    {
        internal List<Cursor> Add { get; } = add;

        internal IReadOnlyList<string> Remove { get; } = remove;

        internal TaskCompletionSource<string?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

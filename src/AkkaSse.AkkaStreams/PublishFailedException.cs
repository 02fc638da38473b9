using AkkaSse.Hub;

namespace AkkaSse.AkkaStreams;

/// <summary>An element was not acknowledged by the hub, or perhaps was and nobody knows.</summary>
/// <remarks>A flow fails with it, unless a supervision strategy resumes: then the element is dropped.</remarks>
public sealed class PublishFailedException : Exception
{
    internal PublishFailedException(PublishResult result, string message, Exception? inner = null)
        : base(message, inner) => Result = result;

    /// <summary>The stream.</summary>
    public string Stream => Result.Stream;

    /// <summary>
    /// How the publish ended. With <see cref="PublishStatus.OutcomeUnknown"/> the event may be on the stream; with every other one it is
    /// not.
    /// </summary>
    public PublishStatus Status => Result.Status;

    /// <summary>The hub's last answer.</summary>
    public PublishResult Result { get; }
}

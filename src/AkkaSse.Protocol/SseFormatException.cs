namespace AkkaSse.Protocol;

/// <summary>An event cannot be put on the wire as it is. The message says what is wrong and what is allowed.</summary>
public sealed class SseFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="field">
    /// The wire name of the field at fault: <c>data</c>, <c>event</c>, <c>id</c>, <c>retry</c> or a custom field's name.
    /// </param>
    /// <param name="message">What is wrong and what is allowed.</param>
    public SseFormatException(string field, string message)
        : base(message) => Field = field;

    /// <summary>The wire name of the field at fault: <c>data</c>, <c>event</c>, <c>id</c>, <c>retry</c> or a custom field's name.</summary>
    public string Field { get; }
}

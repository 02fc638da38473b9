namespace AkkaSse.Hub.Engine;

/// <summary>
/// An engine cannot begin its work, and trying again changes nothing until somebody changes an option or something outside of this process.
/// The message is a whole sentence for the operator: what was refused, where, and what is allowed. It holds no secret.
/// </summary>
public sealed class EngineStartException : IOException
{
    /// <summary>Makes a reason.</summary>
    /// <param name="option">See <see cref="Option"/>.</param>
    /// <param name="message">A sentence with its full stop.</param>
    /// <param name="inner">What it was told by, or null.</param>
    public EngineStartException(string option, string message, Exception? inner = null)
        : base(message, inner)
    {
        ArgumentNullException.ThrowIfNull(option);
        Option = option;
    }

    /// <summary>
    /// The property of <see cref="HubOptions"/> or of the engine's options that has to be changed, for example <c>NodeName</c>.
    /// </summary>
    public string Option { get; }
}

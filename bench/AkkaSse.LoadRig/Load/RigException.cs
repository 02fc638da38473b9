namespace AkkaSse.LoadRig.Load;

/// <summary>Something that the user can do something about; the message says what.</summary>
internal sealed class RigException(string message) : Exception(message);

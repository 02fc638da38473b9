namespace AkkaSse.Server.Hosting;

/// <summary>The server could not begin its work. The message is one sentence for who started it.</summary>
internal sealed class StartFailedException(string sentence, Exception inner) : Exception(sentence, inner);

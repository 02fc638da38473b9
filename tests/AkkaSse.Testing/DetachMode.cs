namespace AkkaSse.Testing;

/// <summary>
/// Whether servers under test hand a stream's connection over, as they do by default, or keep its request. test.sh runs the end-to-end
/// tests in both modes.
/// </summary>
public static class DetachMode
{
    /// <summary>The environment variable: <c>on</c> or <c>off</c>; on when it is missing.</summary>
    public const string Variable = "AKKASSE_TEST_DETACH";

    /// <summary>True in the default mode.</summary>
    /// <exception cref="InvalidOperationException">The variable has another value.</exception>
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or "on" => true,
        "off" => false,
        var other => throw new InvalidOperationException($"{Variable} is '{other}'; on and off are allowed."),
    };
}

using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace AkkaSse.Engine.Specs;

/// <summary>
/// What a failing spec says. Shouldly reads the failing expression from the source; whoever uses the suites as a package has none, and
/// would read that his own project lacks debug information, in place of what was wrong.
/// </summary>
internal static class SpecMessages
{
    private static readonly bool s_hasSource = HasSource();

    /// <summary>Without the suites' sources failures say the values and the reason alone, in the calling test and what it awaits.</summary>
    internal static void Choose()
    {
        // Until the test ends: the setting belongs to its asynchronous flow.
        if (!s_hasSource) ShouldlyConfiguration.DisableSourceInErrors();
    }

    // As Shouldly looks for it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool HasSource() => new StackFrame(0, needFileInfo: true).GetFileName() is { } file && File.Exists(file);
}

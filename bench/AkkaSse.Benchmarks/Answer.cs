using System.Runtime.CompilerServices;

namespace AkkaSse.Benchmarks;

/// <summary>A benchmark whose answer is checked before it is timed: a wrong answer that is fast is worth nothing.</summary>
internal interface IChecked
{
    /// <summary>Prepares, runs once and checks.</summary>
    /// <exception cref="WrongAnswerException">The answer is wrong.</exception>
    void Setup();

    /// <summary>Gives back what the setup took.</summary>
    void Cleanup()
    {
    }
}

/// <summary>A benchmark's answer is wrong.</summary>
internal sealed class WrongAnswerException(string message) : Exception(message);

internal static class Answer
{
    internal static void MustBe<T>(T actual, T expected, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(actual, expected))
            throw new WrongAnswerException($"{what} is {actual}, {expected} is right.");
    }
}

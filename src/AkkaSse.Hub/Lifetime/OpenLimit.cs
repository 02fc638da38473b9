using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Lifetime;

/// <summary>
/// Decides how long a caller waits until it is known where a reader starts; given the node's options and the clock. Thread-safe.
/// </summary>
internal sealed class OpenLimit(HubOptions options, TimeProvider time)
{
    internal TimeSpan Timeout => options.OpenTimeout;

    /// <summary>A wait that begins now, for all questions of one caller.</summary>
    internal OpenWait Begin() => new(options.OpenTimeout, time);

    /// <summary>Waits for a task, at most so long; what it throws is for whoever awaits it. True when it has ended.</summary>
    internal ValueTask<bool> EndsAsync(Task task) => Begin().EndsAsync(task);

    /// <summary>Cancels when the time is over.</summary>
    internal CancellationTokenSource Cancellation() => new(options.OpenTimeout, time);
}

/// <summary>The time that one caller waits. Thread-safe.</summary>
internal readonly struct OpenWait(TimeSpan limit, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>What is not answered in time nobody can say now.</summary>
    internal async ValueTask<EngineAnswer<T>> AskAsync<T>(ValueTask<EngineAnswer<T>> question)
    {
        if (question.IsCompleted) return await question.ConfigureAwait(false);
        var asked = question.AsTask();
        return await EndsAsync(asked).ConfigureAwait(false) ? await asked.ConfigureAwait(false) : default;
    }

    internal async ValueTask<bool> EndsAsync(Task task)
    {
        var left = limit - time.GetElapsedTime(_began);
        if (left > TimeSpan.Zero) await task.WaitAsync(left, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }
}

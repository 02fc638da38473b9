namespace AkkaSse.Testing;

/// <summary>Waits for conditions instead of sleeping; a wait that fails says what it waited for.</summary>
public static class Eventually
{
    /// <summary>Generous on purpose: two cores may be shared by many test processes.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds.</summary>
    public static Task Until(Func<bool> condition, string what, TimeSpan? deadline = null) =>
        Until(() => Task.FromResult(condition()), what, deadline);

    /// <summary>Waits until the condition holds; what was waited for is asked when it does not.</summary>
    public static async Task Until(Func<bool> condition, Func<string> what, TimeSpan? deadline = null)
    {
        try
        {
            await Until(condition, "", deadline).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException("Waited in vain for: " + what());
        }
    }

    /// <summary>Waits until the condition holds; what was waited for is asked when it does not.</summary>
    public static async Task Until(Func<Task<bool>> condition, Func<string> what, TimeSpan? deadline = null)
    {
        try
        {
            await Until(condition, "", deadline).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException("Waited in vain for: " + what());
        }
    }

    /// <summary>Waits until the condition holds.</summary>
    public static async Task Until(Func<Task<bool>> condition, string what, TimeSpan? deadline = null)
    {
        var limit = deadline ?? Deadline;
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition().WaitAsync(limit).ConfigureAwait(false))
        {
            if (TimeProvider.System.GetElapsedTime(start) > limit)
                throw new TimeoutException($"Waited {limit.TotalSeconds:0.#} s in vain for: {what}.");
            await Task.Delay(5).ConfigureAwait(false);
        }
    }

    /// <summary>Awaits a task within a deadline.</summary>
    public static async Task<T> Within<T>(Task<T> task, string what, TimeSpan? deadline = null)
    {
        await Within((Task)task, what, deadline).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    /// <summary>Awaits a task within a deadline.</summary>
    public static async Task Within(Task task, string what, TimeSpan? deadline = null)
    {
        var limit = deadline ?? Deadline;
        try
        {
            await task.WaitAsync(limit).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {limit.TotalSeconds:0.#} s in vain for: {what}.");
        }
    }
}

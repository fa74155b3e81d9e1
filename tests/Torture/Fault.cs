namespace OtelOrleans.Tests.Torture;

/// <summary>One way to break something.</summary>
/// <param name="Kind">What the figures call it.</param>
/// <param name="DoAsync">
/// Does it and mends it again. Returns whether it could be done. Cancellation ends it early, mended all the same.
/// </param>
internal sealed record Fault(string Kind, Func<Random, CancellationToken, Task<bool>> DoAsync);

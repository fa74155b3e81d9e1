using Microsoft.Playwright;
using OtelOrleans.Tests.Demo;

namespace OtelOrleans.Tests.Pipeline;

/// <summary>The machine's own Chromium without a window, and what its pages complained of.</summary>
internal sealed class Browser : IAsyncDisposable
{
    /// <summary>A folder; set, the test leaves its pictures there. silo/README.md's are made so.</summary>
    private const string Screenshots = "OTELORLEANS_SCREENSHOTS";

    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly List<string> _errors = [];

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    /// <summary>Whether pictures are wanted.</summary>
    public static bool KeepsPictures => Environment.GetEnvironmentVariable(Screenshots) is { Length: > 0 };

    /// <summary>Errors on the console, and exceptions that nobody caught, of pages that are ours.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public static async Task<Browser> StartAsync()
    {
        var chromium = Array.Find(s_places, File.Exists);
        if (chromium is null)
        {
            Services.Missing("No Chromium was found: install it (Debian and Ubuntu: apt-get install chromium)");
        }

        var playwright = await Playwright.CreateAsync();
        // No sandbox: root cannot have one, and the only page is ours.
        return new Browser(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox", "--disable-dev-shm-usage"] }));
    }

    public async Task<IPage> OpenAsync(string url, ColorScheme scheme = ColorScheme.Light, int width = 1180, int height = 640, bool isOurs = true)
    {
        var page = await _browser.NewPageAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height } });
        page.Console += (_, message) => Note(isOurs && message.Type == "error", $"{message.Text} ({message.Location})");
        page.PageError += (_, error) => Note(isOurs, error);
        await page.GotoAsync(url);
        return page;
    }

    /// <summary>Keeps a picture of the page, if pictures are wanted.</summary>
    public static async Task KeepAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable(Screenshots) is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private void Note(bool isError, string what)
    {
        if (isError)
        {
            lock (_errors)
            {
                _errors.Add(what);
            }
        }
    }
}

using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>The pipeline page: one answer that holds all it needs. The browser runs and shows nothing but what is in it.</summary>
internal static class PipelinePage
{
    private static readonly string s_style = Read("page.css");
    private static readonly string s_script = Read("page.js");

    private static readonly byte[] s_page = Encoding.UTF8.GetBytes(
        Read("page.html").Replace("/* page.css */", s_style, StringComparison.Ordinal).Replace("/* page.js */", s_script, StringComparison.Ordinal));

    private static readonly string s_policy =
        $"default-src 'none'; style-src {Hash(s_style)}; script-src {Hash(s_script)}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static async Task WriteAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentType = "text/html; charset=utf-8";
        headers.ContentSecurityPolicy = s_policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        await context.Response.Body.WriteAsync(s_page, context.RequestAborted);
    }

    /// <summary>The browser hashes what stands between the tags.</summary>
    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"OtelOrleans.Silo.Pipeline.{name}")!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}

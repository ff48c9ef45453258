"""Makes the workbooks beside it with LibreOffice, as people make them: python3 make.py, where libreoffice-calc and python3-uno are installed.

They are committed; import-workbooks.test.ts says of each what becomes of it.
"""
import os
import subprocess
import tempfile
import time
import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.table import CellRangeAddress

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

OPERATIONS = [['operation', 'name', 'country', 'roles'], ['8150000001', 'Example Farm (invented)', 'TR', 'PRODUCER'], ['W:MILL', 'Example Mill (invented)', 'US', 'HANDLER']]
PRODUCTS = [['product', 'hts', 'organic'], ['Wheat', '1001990000', 'yes']]
LOT_HEADER = ['code', 'producer', 'product', 'quantity', 'unit', 'kind', 'produced_on']
LOT = ['L1', '8150000001', 'Wheat', '5', 'TNE', 'HARVEST', '2025-01-31']


def prop(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


class Office:
    """One running LibreOffice without a window."""

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory()
        pipe = 'lotline%d' % os.getpid()
        self.process = subprocess.Popen(['soffice', '--headless', '--norestore', '-env:UserInstallation=file://' + self.profile.name, '--accept=pipe,name=%s;urp;' % pipe])
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext('com.sun.star.bridge.UnoUrlResolver', local)
        for _ in range(300):
            try:
                context = resolver.resolve('uno:pipe,name=%s;urp;StarOffice.ComponentContext' % pipe)
                break
            except Exception:
                time.sleep(0.2)
        self.desktop = context.ServiceManager.createInstanceWithContext('com.sun.star.frame.Desktop', context)
        return self

    def __exit__(self, *_):
        try:
            self.desktop.terminate()
        except Exception:
            pass
        self.process.wait(30)
        self.profile.cleanup()

    def new(self, path=None):
        return self.desktop.loadComponentFromURL(uno.systemPathToFileUrl(path) if path else 'private:factory/scalc', '_blank', 0, (prop('Hidden', True),))


def save(document, name):
    document.calculateAll()
    document.storeToURL(uno.systemPathToFileUrl(os.path.join(HERE, name)), (prop('FilterName', 'Calc MS Excel 2007 XML'),))
    document.close(True)


def sheet(document, name, rows):
    """A sheet of text, as if every column had been formatted as such."""
    sheets = document.Sheets
    if not sheets.hasByName(name):
        sheets.insertNewByName(name, sheets.Count)
    made = sheets.getByName(name)
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if value is not None:
                made.getCellByPosition(x, y).String = value
    return made


def formatted(document, cell, code):
    formats, locale = document.NumberFormats, uno.createUnoStruct('com.sun.star.lang.Locale')
    locale.Language, locale.Country = 'en', 'US'
    key = formats.queryKey(code, locale, False)
    cell.NumberFormat = formats.addNew(code, locale) if key == -1 else key


def folder(office, **sheets):
    """A workbook with operations, products and what else is given; LibreOffice's own first sheet is taken away."""
    document = office.new()
    first = document.Sheets.ElementNames[0]
    given = {'operations': OPERATIONS, 'products': PRODUCTS, **sheets}
    for name, rows in given.items():
        sheet(document, name, rows)
    if first not in given:
        document.Sheets.removeByName(first)
    return document


def serial(document, year, month, day, hour=0):
    """The number that the workbook keeps for a date."""
    import datetime
    return (datetime.datetime(year, month, day, hour) - datetime.datetime(1899, 12, 30)).total_seconds() / 86400


def typed(office):
    """What people type without formatting anything: numbers, dates, truth values, sums; sheets named with capitals and blanks."""
    document = folder(office, Lots=[LOT_HEADER, LOT, ['', '', 'Wheat', '', 'KGM', 'TRANSFORMATION', ''], ['L3', '8150000001', 'Wheat', '', 'KGM', 'HARVEST', '']], **{'Lot inputs': [['output', 'input', 'quantity', 'unit']]})
    products = document.Sheets.getByName('products')
    products.getCellByPosition(1, 1).Value = float(1001990000)
    products.getCellByPosition(2, 1).Formula = '=TRUE()'
    lots = document.Sheets.getByName('Lots')
    lots.getCellByPosition(0, 2).Value = float(12)
    lots.getCellByPosition(1, 1).Value = float(8150000001)
    lots.getCellByPosition(1, 2).String = 'W:MILL'
    lots.getCellByPosition(3, 1).Value = float(5)
    lots.getCellByPosition(3, 2).Formula = '=0.1+0.2'
    lots.getCellByPosition(3, 3).Value = 1234567.891
    lots.getCellByPosition(6, 1).Value = serial(document, 2025, 1, 31)
    formatted(document, lots.getCellByPosition(6, 1), 'DD/MM/YYYY')
    lots.getCellByPosition(6, 3).Formula = '=DATE(2025;2;28)'
    formatted(document, lots.getCellByPosition(6, 3), 'YYYY-MM-DD')
    inputs = document.Sheets.getByName('Lot inputs')
    inputs.getCellByPosition(0, 1).Value = float(12)
    inputs.getCellByPosition(1, 1).String = 'L1'
    inputs.getCellByPosition(2, 1).Value = 0.3
    inputs.getCellByPosition(3, 1).String = 'KGM'
    save(document, 'typed.xlsx')


def leading_zeros(office):
    """Numbers that their format shows with zeros before them, and text that looks like formulas and numbers."""
    document = folder(office, lots=[LOT_HEADER, ['', '8150000001', 'Wheat', '1', 'KGM', 'HARVEST', '2025-01-01'], ['=1+1', '8150000001', 'Wheat', '1', 'KGM', 'HARVEST', '2025-01-01'], ['007', '8150000001', 'Wheat', '1', 'KGM', 'HARVEST', '2025-01-01'], ['TRUE', '8150000001', 'Wheat', '1', 'KGM', 'HARVEST', '2025-01-01'], ['1-2', '8150000001', 'Wheat', '1', 'KGM', 'HARVEST', '2025-01-01']])
    first = document.Sheets.getByName('lots').getCellByPosition(0, 1)
    first.Value = float(42)
    formatted(document, first, '000000')
    save(document, 'leading-zeros.xlsx')


def template(office):
    """The template, filled in by hand."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'template.xlsx')
        subprocess.run(['node', os.path.join(ROOT, 'server', 'bin', 'lotline.js'), 'template', path], check=True)
        document = office.new(path)
        for name, rows in {'operations': OPERATIONS, 'products': PRODUCTS, 'lots': [LOT_HEADER, LOT]}.items():
            sheet(document, name, rows)
        save(document, 'template-filled.xlsx')


def serials(office):
    document = folder(office, lots=[LOT_HEADER, LOT, ['L2'] + LOT[1:]])
    lots = document.Sheets.getByName('lots')
    lots.getCellByPosition(6, 1).Value = serial(document, 2025, 1, 31)
    formatted(document, lots.getCellByPosition(6, 1), 'General')
    lots.getCellByPosition(6, 2).Value = serial(document, 2025, 1, 31, 18)
    formatted(document, lots.getCellByPosition(6, 2), 'YYYY-MM-DD HH:MM')
    save(document, 'serials.xlsx')


def errors(office):
    document = folder(office, lots=[LOT_HEADER, LOT, ['L2'] + LOT[1:]])
    lots = document.Sheets.getByName('lots')
    lots.getCellByPosition(3, 1).Formula = '=1/0'
    lots.getCellByPosition(2, 2).Formula = '=VLOOKUP("x";products.A1:A2;1;0)'
    lots.getCellByPosition(0, 2).Formula = '=nowhere'
    save(document, 'errors.xlsx')


def merged(office):
    document = folder(office, lots=[LOT_HEADER, LOT, ['L2', None] + LOT[2:]])
    document.Sheets.getByName('lots').getCellRangeByName('B2:B3').merge(True)
    save(document, 'merged.xlsx')


def hidden(office):
    document = folder(office, lots=[LOT_HEADER, LOT, ['L2'] + LOT[1:], ['L3'] + LOT[1:]], transfers=[['lot', 'from', 'to', 'on']], notes=[['remember the milk']])
    document.Sheets.getByName('lots').Rows.getByIndex(2).IsVisible = False
    document.Sheets.getByName('transfers').IsVisible = False
    document.Sheets.getByName('notes').IsVisible = False
    save(document, 'hidden.xlsx')


def names(office):
    save(folder(office, lotss=[LOT_HEADER, LOT], **{'Lot-Inputs ': [['output', 'input', 'quantity', 'unit']], 'Sheet9': [['anything']]}), 'names.xlsx')


def digits(office):
    document = folder(office, lots=[LOT_HEADER] + [['L%d' % n] + LOT[1:] for n in range(1, 8)])
    lots = document.Sheets.getByName('lots')
    lots.getCellByPosition(0, 1).Value = float(1234567890123456789)
    lots.getCellByPosition(1, 2).String = '8.15E+09'
    lots.getCellByPosition(1, 3).Value = float(150000001)
    lots.getCellByPosition(3, 4).Value = 0.5
    formatted(document, lots.getCellByPosition(3, 4), '0%')
    lots.getCellByPosition(0, 5).Formula = '=TRUE()'
    lots.getCellByPosition(0, 6).Value = serial(document, 2025, 1, 2)
    formatted(document, lots.getCellByPosition(0, 6), 'D-MMM')
    lots.getCellByPosition(3, 7).String = '1,5'
    save(document, 'digits.xlsx')


def unknown(office):
    document = folder(office, lots=[LOT_HEADER, LOT, ['L1'] + LOT[1:3] + ['6'] + LOT[4:]], lot_inputs=[['output', 'input', 'quantity', 'unit'], ['NONE', 'L1', '1', 'KGM', 'a remark'], ['NONE', 'L1', '1', 'KGM']], shipments=[['reference', 'shipper', 'consignee'], ['S1', '8150000001', 'W:NOBODY']], transfers=[['from', 'lot', 'to', 'on', 'quantity', 'unit'], ['8150000001', 'L9', 'W:MILL', '2025-02-01', '1', '']])
    save(document, 'unknown.xlsx')


def titled(office):
    save(folder(office, lots=[['Our lots'], LOT_HEADER, LOT]), 'titled.xlsx')


def empty(office):
    save(office.new(), 'empty.xlsx')


if __name__ == '__main__':
    with Office() as running:
        for make in (typed, leading_zeros, template, serials, errors, merged, hidden, names, digits, unknown, titled, empty):
            make(running)
            print(make.__name__)
